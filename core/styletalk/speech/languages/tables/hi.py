# SPDX-License-Identifier: Apache-2.0
"""Hindi. The vowel that a consonant carries unwritten is made a letter, ə, and left out where nobody says it.

Where: at the end of a word, and between VC and CV (Ohala 1983, Aspects of Hindi Phonology).
"""

from ..spelling import Spelling

SPELLING = Spelling(
    classes={"C": "क-ह", "M": "ा-ौॢॣ्", "V": "अ-औा-ौə", "P": "पफबभम", "K": "कखगघ"},
    words="यह=ये वह=वो",
    respelled=(
        ("(C़?)(?!़|M)", r"\1ə"),
        ("(?:(?<=.C)|(?<=.C़))ə$", ""),
        ("((?:V|ं|ँ)C़?)ə(?=C़?V)", r"\1"),
    ),
    rules="""
    ज्ञ=ɡ.j क़=k ख़=x ग़=ɣ ज़=z ड़=ɾ ढ़=ɾ फ़=f क=k ख=k ग=ɡ घ=ɡ ङ=ŋ च=tʃ छ=tʃ ज=dʒ झ=dʒ ञ=n ट=t ठ=t ड=d ढ=d ण=n त=t थ=t द=d ध=d
    न=n प=p फ=p ब=b भ=b म=m य=j र=ɾ ल=l ळ=l व=ʋ श=ʃ ष=ʃ स=s ह=h अ=ə आ=a इ=ɪ ई=i उ=ʊ ऊ=u ऋ=ɾ.ɪ ए=e ऐ=ɛ ऑ=ɔ ओ=o औ=ɔ ə=ə
    ा=a ि=ɪ ी=i ु=ʊ ू=u ृ=ɾ.ɪ े=e ै=ɛ ॅ=ɛ ॉ=ɔ ो=o ौ=ɔ ं(?=P)=m ं(?=K)=ŋ ं(?=C)=n
    """,
    signs={"%": "प्रतिशत", "€": "यूरो", "$": "डॉलर", "£": "पाउंड", "₹": "रुपये", "&": "और", "+": "प्लस", "°": "डिग्री"},
    decimal_sign="दशमलव",
)
