"""An authority for one test, and a certificate of it for 127.0.0.1."""

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def make(folder: Path) -> Path:
    """`node.crt` and `node.key` in the folder; the authority's file is given back."""
    keys = {name: ec.generate_private_key(ec.SECP256R1()) for name in ("authority", "node")}
    names = {name: x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"dangan test {name}")]) for name in keys}
    now = datetime.now(UTC)
    for name, key in keys.items():
        made = (
            x509.CertificateBuilder().subject_name(names[name]).issuer_name(names["authority"])
            .public_key(key.public_key()).serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=name == "authority", path_length=None), critical=True)
        )  # fmt: skip
        if name == "node":
            address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
            made = made.add_extension(x509.SubjectAlternativeName([address]), critical=False)
        signed = made.sign(keys["authority"], hashes.SHA256())
        (folder / f"{name}.crt").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    (folder / "node.key").write_bytes(
        keys["node"].private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return folder / "authority.crt"
