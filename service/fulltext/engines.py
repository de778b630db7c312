"""Which engine an installation searches with: Elasticsearch where its address is set, else the embedded one."""

from service.config import Settings
from service.fulltext import embedded
from service.fulltext.port import Reader, Writer


def reader(settings: Settings) -> Reader:
    if settings.elasticsearch_url is None:
        return embedded.Reader(settings.index_folder)
    from service.fulltext import elastic

    return elastic.Reader(elastic.connect(settings), settings.elasticsearch_prefix)


def writer(settings: Settings) -> Writer:
    if settings.elasticsearch_url is None:
        return embedded.Writer(settings.index_folder)
    from service.fulltext import elastic

    return elastic.Writer(elastic.connect(settings), settings.elasticsearch_prefix)
