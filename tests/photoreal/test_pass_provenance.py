# SPDX-License-Identifier: Apache-2.0
"""Every file of a pass says that it is synthetic and what it is made of, in the words that other programs look for."""

import datetime
import json
import subprocess
from xml.etree import ElementTree

import av
import numpy as np
import pytest
from PIL import Image

from styletalk.errors import RenderError, SigningError
from styletalk.files.exr import read_exr_texts
from styletalk.files.reading import UnusableContent
from styletalk.photoreal.film_pass import PassRequest, render_pass
from styletalk.photoreal.provenance import Provenance
from styletalk.photoreal.signing import Signing
from styletalk.photoreal.watermark import Watermark

COMPOSITE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeSynthetic"
TYPE = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType"


@pytest.fixture
def rendered(renderers, portrait_file, line, tmp_path):
    """Renders the first two frames under a name; returns the file of the first."""

    def render(name, **more):
        render_pass(PassRequest(line[0], portrait_file, tmp_path / name, frames=(1, 2), **more))
        return tmp_path / name.replace("#", "1")

    return render


def check_facts(facts, line):
    assert facts["synthetic"] == "true" and facts["digitalSourceType"] == COMPOSITE
    assert facts["photo"] == "person.jpg" and facts["photoSHA256"] == "ab" * 32
    digest = subprocess.run(["sha256sum", line[1]], capture_output=True, text=True, check=True).stdout.split()[0]
    assert facts["line"] == "line.wav" and facts["lineSHA256"] == digest


def source_type(xmp):
    packet = xmp.partition("?>")[2].rpartition("<?xpacket")[0]
    return next(ElementTree.fromstring(packet).iter(TYPE)).text


def test_a_png_says_so_to_other_readers(rendered, line):
    texts = Image.open(rendered("frame_#.png")).text
    check_facts(json.loads(texts["Source"]), line)
    assert "Synthetic" in texts["Description"] and source_type(texts["XML:com.adobe.xmp"]) == COMPOSITE


def test_an_exr_says_so_in_its_header(rendered, line):
    texts = read_exr_texts(rendered("frame_#.exr"))
    check_facts(texts, line)
    assert "Synthetic" in texts["comments"]


def boxes(data):
    """(kind, content) of the boxes of an MP4."""
    at = 0
    while at < len(data):
        size, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        yield kind, data[at + 8 : at + size]
        at += size


def test_a_film_says_so_in_tags_and_in_xmp(rendered, line):
    path = rendered("film.mp4")
    with av.open(str(path)) as container:
        tags = dict(container.metadata)
    check_facts(json.loads(tags["description"]), line)
    assert "Synthetic" in tags["comment"]
    found = [content for kind, content in boxes(path.read_bytes()) if kind == b"uuid"]
    assert len(found) == 1 and found[0][:16].hex() == "be7acfcb97a942e89c71999491e3afac"  # Adobe's, for XMP
    assert source_type(found[0][16:].decode()) == COMPOSITE


def test_a_film_of_trained_networks_says_so():
    made = Provenance("a.jpg", "", "", "", "", "neural")
    assert made.source_type == "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"


def test_names_of_files_cannot_break_the_packet():
    made = Provenance('a<&"\x01.jpg', "", "b]]>.wav", "", "", "warp")
    assert source_type(made.xmp()) == COMPOSITE


def test_a_watermark_is_seen_on_light_and_dark():
    """A tenth of the corner's pixels are light on a dark picture, and dark on a light one."""
    for grey, is_changed in ((20, lambda corner: corner > 150), (235, lambda corner: corner < 100)):
        plain = np.full((512, 640, 3), grey, np.uint8)
        marked = Watermark("AI-generated").drawn_on(plain)
        assert (plain == grey).all()
        rows, columns = np.nonzero((marked != plain).any(axis=2))
        assert rows.min() > 450 and columns.max() < 350
        corner = marked[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        assert is_changed(corner).mean() > 0.1


def test_a_watermark_is_opaque_over_alpha():
    marked = Watermark("X").drawn_on(np.zeros((256, 256, 4), np.uint8))
    assert marked[..., 3].max() > 200 and (marked[..., 3] > 0).mean() < 0.05


def test_each_letter_looks_like_itself():
    """No two characters are drawn alike, and each is as wide as it may be."""
    from styletalk.photoreal.watermark import _GLYPHS

    assert len({*_GLYPHS.values()}) == len(_GLYPHS)
    assert all(len(rows) == 14 and max(bytes.fromhex(rows)) < 32 for rows in _GLYPHS.values())


@pytest.mark.parametrize("text", ["\n", "   ", "日本", "x" * 41])
def test_a_watermark_that_cannot_be_drawn_is_refused(text):
    with pytest.raises(RenderError, match="cannot be drawn"):
        Watermark(text)


def pems(folder):
    """(certificate, key): a leaf of an authority that nobody knows, as files."""
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    oids = x509.NameOID.COMMON_NAME, x509.NameOID.ORGANIZATION_NAME
    said = [zip(oids, (each, "Test"), strict=True) for each in ("Leaf", "Root")]
    names = [x509.Name([x509.NameAttribute(*each) for each in pairs]) for pairs in said]
    now = datetime.datetime.now(datetime.timezone.utc)
    made = []
    for own, key, name in zip((True, False), keys, names, strict=True):
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(names[1]).public_key(key.public_key())
        builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
        builder = builder.not_valid_after(now + datetime.timedelta(days=9))
        builder = builder.add_extension(x509.BasicConstraints(not own, None), True)
        unused = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
        usage = dict.fromkeys((*unused, "encipher_only", "decipher_only"), False) | {"crl_sign": not own}
        builder = builder.add_extension(x509.KeyUsage(digital_signature=own, key_cert_sign=not own, **usage), True)
        if own:
            builder = builder.add_extension(x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.EMAIL_PROTECTION]), False)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(keys[1].public_key())
        made.append(builder.add_extension(issuer, False).sign(keys[1], hashes.SHA256()))
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    private = keys[0].private_bytes(*form)
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(b"".join(each.public_bytes(serialization.Encoding.PEM) for each in made))
    key.write_bytes(private)
    return certificate, key


@pytest.mark.parametrize("name", ["frame_#.png", "film.mp4"])
def test_a_signed_file_is_valid_until_it_is_changed(rendered, tmp_path, line, name):
    """By the library's own reader, which does not trust a signer that nobody knows, and says so."""
    c2pa = pytest.importorskip("c2pa")
    path = rendered(name, signing=Signing(*pems(tmp_path)))
    with c2pa.Reader(path) as reader:
        report, state = json.loads(reader.json()), reader.get_validation_state()
    manifest = report["manifests"][report["active_manifest"]]
    assertions = {each["label"]: each["data"] for each in manifest["assertions"]}
    assert state == "Valid" and assertions["c2pa.actions.v2"]["actions"][0]["digitalSourceType"] == COMPOSITE
    check_facts(assertions["org.styletalk.sources"], line)
    assert [each["code"] for each in report["validation_status"]] == ["signingCredential.untrusted"]
    changed = bytearray(path.read_bytes())
    at = changed.rindex(b"IDAT" if name.endswith("png") else b"mdat") + 60
    changed[at] ^= 1
    path.write_bytes(changed)
    with c2pa.Reader(path) as reader:
        assert reader.get_validation_state() == "Invalid"


def test_what_cannot_sign_is_said_before_the_work(rendered, tmp_path, renderers):
    pytest.importorskip("c2pa")
    certificate, key = pems(tmp_path)
    for pair in ((key, certificate), (tmp_path / "missing.pem", key), (certificate, tmp_path / "line.wav")):
        with pytest.raises(SigningError):
            rendered("frame_#.png", signing=Signing(*pair))
    with pytest.raises(RenderError, match="OpenEXR"):
        rendered("frame_#.exr", signing=Signing(certificate, key))
    assert renderers == [] and not list(tmp_path.glob("frame*"))


def test_a_damaged_exr_says_why(tmp_path):
    for content in (b"", b"\x76\x2f\x31\x01\x02\0\0\0channels\0chl", b"no picture"):
        path = tmp_path / "x.exr"
        path.write_bytes(content)
        with pytest.raises(UnusableContent):
            read_exr_texts(path)
