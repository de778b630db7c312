"""Settings of the installation: `DANGAN_*` environment variables, or a `dangan.toml` beside the start.

Secrets may lie in files instead, one for each, named like the setting in lower case (`dangan_mongodb_password`), in
the folder that `DANGAN_SECRETS` names; without it in `/run/secrets`, where containers have them.
"""

import os
import ssl
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

Port = Annotated[int, Field(ge=1, le=65535)]


class Settings(BaseSettings):
    """Everything that an installation decides. Policy blanks (`[X]`) are not here: they are data."""

    model_config = SettingsConfigDict(env_prefix="DANGAN_", toml_file="dangan.toml", extra="ignore")

    data: Path = Field(Path("data"), description="data folder: store, search index, keys")
    host: str = Field("127.0.0.1", description="address that the web server listens on")
    port: Port = Field(8080, description="port that the web server listens on")
    demo: bool = Field(False, description="demo archive and accounts")
    demo_count: int = Field(200, ge=1, description="how many agents the demo archive has")
    demo_scans: int = Field(60, ge=1, le=500, description="photographed pages of the demo; six printed to each")
    zone: str = Field("Asia/Shanghai", description="time zone of the office")
    mongodb_uri: SecretStr | None = Field(None, description="MongoDB; without it the embedded server is started")
    store_server: Literal["rs", "py"] | None = Field(
        None, description="embedded server to run; without it the faster one that is installed"
    )
    mongodb_user: str | None = Field(None, description="user of MongoDB, where the address names none")
    mongodb_password: SecretStr | None = Field(None, description="the user's password")
    mongodb_database: str = Field("dangan", description="name of the database")
    move_password: SecretStr | None = Field(None, description="password of the user of `dangan move --user`")
    elasticsearch_url: str | None = Field(
        None, description="Elasticsearch's nodes, parted by commas; without it the embedded engine is used"
    )
    elasticsearch_user: str | None = Field(None, description="user of Elasticsearch")
    elasticsearch_password: SecretStr | None = Field(None, description="the user's password")
    elasticsearch_api_key: SecretStr | None = Field(None, description="API key, instead of user and password")
    elasticsearch_ca: Path | None = Field(None, description="file of the authority that signed the nodes' certificates")
    elasticsearch_prefix: str = Field("dangan", description="what the names of our indices begin with")
    master_key: Path | None = Field(
        None, description="file of the master key; default: keys/master.key in the data folder"
    )
    logins_per_minute: int = Field(
        30, ge=1, description="tries to log in from one address, a minute, for each web process"
    )
    web_threads: int = Field(8, ge=1, le=64, description="threads of one web process")
    web_workers: int = Field(1, ge=1, le=32, description="web processes")
    ingest_workers: int = Field(1, ge=0, le=32, description="ingest processes that `serve` starts")
    public_url: str | None = Field(
        None, description="address under which people reach the archive; https makes cookies secure"
    )
    trusted_proxies: int = Field(
        0, ge=0, le=5, description="proxies of ours before the web server; so many tell from where somebody comes"
    )

    smtp_host: str | None = Field(None, description="mail server; without it nothing is mailed")
    smtp_port: Port = Field(587, description="its port")
    smtp_security: Literal["starttls", "tls", "none"] = Field("starttls", description="how the connection is secured")
    smtp_user: str | None = Field(None, description="user of the mail server")
    smtp_password: SecretStr | None = Field(None, description="the user's password")
    smtp_from: str = Field("dangan@localhost", description="address that mails come from")

    @field_validator("elasticsearch_url")
    @classmethod
    def _nodes(cls, given: str | None) -> str | None:
        nodes = [node.strip() for node in (given or "").split(",") if node.strip()]
        for node in nodes:
            parts = urlsplit(node)
            if "@" in parts.netloc:
                raise ValueError(
                    "leave user and password out of it: set DANGAN_ELASTICSEARCH_USER and DANGAN_ELASTICSEARCH_PASSWORD"
                )
            if parts.scheme not in ("http", "https") or not parts.hostname or not _port(parts.netloc):
                raise ValueError("write each node as scheme, host and port, parted by commas: https://search:9200")
        return ",".join(nodes) or None

    @field_validator("elasticsearch_api_key")
    @classmethod
    def _key_alone(cls, given: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if given is not None and info.data.get("elasticsearch_user"):
            raise ValueError("set this or DANGAN_ELASTICSEARCH_USER, not both")
        return given

    @field_validator("elasticsearch_ca")
    @classmethod
    def _authority(cls, given: Path | None, info: ValidationInfo) -> Path | None:
        if given is None:
            return None
        if any(node.startswith("http:") for node in (info.data.get("elasticsearch_url") or "").split(",")):
            raise ValueError("leave this out, or write https: in DANGAN_ELASTICSEARCH_URL: http: has no certificates")
        try:
            ssl.create_default_context(cafile=given)
        except OSError as error:
            raise ValueError(f"no certificate can be read from {given}: {error.strerror or 'none is in it'}") from error
        return given

    @property
    def master_key_file(self) -> Path:
        return self.master_key or self.data / "keys" / "master.key"

    @property
    def index_folder(self) -> Path:
        return self.data / "search"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        sources = (init_settings, env_settings, TomlConfigSettingsSource(settings_cls))
        folder = Path(os.environ.get("DANGAN_SECRETS", "/run/secrets"))
        return (*sources, SecretsSettingsSource(settings_cls, folder)) if folder.is_dir() else sources


def _port(place: str) -> bool:
    """Whether a port stands behind the host."""
    port = place.rpartition(":")[2]
    return port.isdecimal() and 0 < int(port) <= 65535
