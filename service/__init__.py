"""dangan (档案): the archive itself, web server and library. Knows neither the indexer nor the ingest."""
