# SPDX-License-Identifier: Apache-2.0
"""Korean, in letters: Unicode decomposes a syllable into its initial, vowel and final."""

from ..spelling import Spelling

SPELLING = Spelling(
    classes={"N": "ᄂᄆ", "I": "ᅵᅣᅧᅭᅲ"},
    rules="""
    ᄀ=ɡ ᄁ=k ᄂ=n ᄃ=d ᄄ=t ᄅ=ɾ ᄆ=m ᄇ=b ᄈ=p ᄉ(?=I)=ʃ ᄉ=s ᄊ(?=I)=ʃ ᄊ=s ᄋ= ᄌ=dʒ ᄍ=tʃ ᄎ=tʃ ᄏ=k ᄐ=t ᄑ=p
    ᄒ=h ᅡ=a ᅢ=ɛ ᅣ=j.a ᅤ=j.ɛ ᅥ=ʌ ᅦ=e ᅧ=j.ʌ ᅨ=j.e ᅩ=o ᅪ=w.a ᅫ=w.ɛ ᅬ=w.e ᅭ=j.o ᅮ=u ᅯ=w.ʌ ᅰ=w.e ᅱ=w.i ᅲ=j.u ᅳ=ɯ ᅴ=ɯ.i ᅵ=i
    ᆨ(?=N)=ŋ ᆨ=k ᆩ=k ᆪ=k ᆫ=n ᆬ=n ᆭ=n ᆮᄋ(?=ᅵ)=dʒ ᆮ(?=N)=n ᆮ=t ᆯ(?=ᄋ)=ɾ ᆯ=l ᆰ(?=ᄋ)=l.ɡ ᆰ=k ᆱ=m ᆲ=l ᆳ=l ᆴ=l ᆵ=p ᆶ=l ᆷ=m ᆸ(?=N)=m
    ᆸ=p ᆹ(?=N)=m ᆹ=p ᆺ(?=ᄋ)=s ᆺ(?=N)=n ᆺ=t ᆻ(?=ᄋ)=s ᆻ(?=N)=n ᆻ=t ᆼ=ŋ ᆽ(?=ᄋ)=dʒ ᆽ(?=N)=n ᆽ=t ᆾ(?=ᄋ)=tʃ ᆾ=t ᆿ=k
    ᇀ(?=N)=n ᇀᄋ(?=ᅵ)=tʃ ᇀ=t ᇁ(?=N)=m ᇁ=p ᇂ(?=N)=n ᇂ=
    """,
    signs={"%": "퍼센트", "€": "유로", "$": "달러", "£": "파운드", "₩": "원", "&": "앤드", "+": "더하기", "°": "도"},
    decimal_sign="점",
)
