# SPDX-License-Identifier: Apache-2.0
"""Signed provenance: a C2PA manifest in a PNG or MP4, by the package c2pa-python and the user's own certificate.

The signature says that the holder of the certificate made the file, and that it was not changed since. Who does not
trust the certificate, as nobody trusts a self-signed one, sees a manifest of an unknown signer. No time stamp is asked
of a server.
"""

from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from ..errors import MissingPackageError, SigningError
from ..files.reading import UnusableContent, existing_file, explaining, file_bytes
from ..files.writing import written_whole
from .provenance import Provenance

SIGNED_ENDINGS = (".png", ".mp4")
MAX_PEM_BYTES = 1 << 20
_CURVES = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}


@dataclass(frozen=True)
class Signing:
    """certificate: a PEM file with the signer's certificate, then those that vouch for it. key: a PEM file with its
    private key, without a passphrase."""

    certificate: Path
    key: Path

    def check(self) -> None:
        """Ask before long work. Raises SigningError, MissingPackageError."""
        self._signer  # noqa: B018 - kept for later

    def sign(self, path: Path, provenance: Provenance) -> None:
        """Put a manifest into a file of SIGNED_ENDINGS, which is replaced whole. Raises SigningError, OutputError."""
        c2pa = _c2pa()
        with written_whole(path) as temporary:
            temporary.unlink()  # the library writes no file that is there
            try:
                with c2pa.Context(_settings(c2pa)) as context, c2pa.Builder(provenance.manifest(), context) as builder:
                    builder.sign_file(path, temporary, self._signer)
            except c2pa.C2paError as error:
                raise SigningError(f"{path.name} cannot be signed ({error}). Check the certificate.") from error

    @cached_property
    def _signer(self) -> Any:
        c2pa = _c2pa()
        certificate, key = _pem(self.certificate, "certificate"), _pem(self.key, "private key")
        with explaining(partial(_unusable, self.certificate)):
            try:
                info = c2pa.C2paSignerInfo(_algorithm(key), certificate, key, None)
                return c2pa.Signer.from_info(info)
            except c2pa.C2paError as error:
                raise UnusableContent(str(error)) from error


def _algorithm(key: bytes) -> bytes:
    """C2PA's name of the algorithm that a private key signs with. Raises UnusableContent, and what damage raises."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    found = load_pem_private_key(key, None)
    if isinstance(found, ec.EllipticCurvePrivateKey) and found.curve.name in _CURVES:
        return _CURVES[found.curve.name].encode()
    if isinstance(found, rsa.RSAPrivateKey):
        return b"ps256"
    if isinstance(found, ed25519.Ed25519PrivateKey):
        return b"ed25519"
    raise UnusableContent("its key is of a kind that C2PA does not know")


def _pem(path: Path, what: str) -> bytes:
    path = existing_file(path, what, SigningError)
    with explaining(lambda reason: SigningError(f"The {what} {path} cannot be read ({reason}). Give a PEM file.")):
        found = file_bytes(path, MAX_PEM_BYTES)
    if b"-----BEGIN " not in found:
        raise SigningError(f"{path} is no {what} in PEM. Export it as .pem.")
    return found


def _settings(c2pa: Any) -> Any:
    """Without a picture in each manifest, which would be as large as the frame."""
    return c2pa.Settings.from_dict({"builder": {"thumbnail": {"enabled": False}}})


def _unusable(path: Path, reason: str) -> SigningError:
    return SigningError(
        f"Nothing can be signed with {path.name} ({reason}). Give a certificate for documents or C2PA and its own key."
    )


def _c2pa() -> Any:
    try:
        import c2pa
    except ImportError as error:
        raise MissingPackageError("Signing needs the package c2pa: pip install c2pa-python") from error
    return c2pa
