# SPDX-License-Identifier: Apache-2.0
"""Japanese, in hiragana."""

from ..spelling import Spelling

SPELLING = Spelling(
    classes={
        "Y": "ゃゅょ",
        "V": "ぁぃぅぇぉ",
        "O": "おこごそぞとどのほぼぽもよろょをぉ",
        "E": "えけげせぜてでねへべぺめれぇ",
        "P": "ぱぴぷぺぽばびぶべぼまみむめも",
    },
    words="は=わ へ=え こんにちは=こんにちわ こんばんは=こんばんわ では=でわ には=にわ",
    rules="""
    (?<=O)う= (?<=E)い(?!V)= う(?=[ぃぇぉ])=w あ=a い=i う=u え=e お=o ぁ=a ぃ=i ぅ=u ぇ=e ぉ=o ゃ=a ゅ=u ょ=o ゎ=w.a
    き(?=Y)=k.j ぎ(?=Y)=ɡ.j し(?=(?:Y|ぇ))=ʃ ち(?=(?:Y|ぇ))=tʃ [じぢ](?=(?:Y|ぇ))=dʒ に(?=Y)=n.j ひ(?=Y)=h.j
    び(?=Y)=b.j ぴ(?=Y)=p.j み(?=Y)=m.j り(?=Y)=ɾ.j ふ(?=[ぁぃぇぉゅ])=f [てと](?=[ぃぅゅ])=t [でど](?=[ぃぅゅ])=d
    ゔ(?=V)=v ゔ=v.u つ(?=[ぁぃぇぉ])=t.s か=k.a き=k.i く=k.u け=k.e こ=k.o が=ɡ.a ぎ=ɡ.i ぐ=ɡ.u げ=ɡ.e ご=ɡ.o さ=s.a
    し=ʃ.i (?<=[でま])す$=s す=s.u せ=s.e そ=s.o ざ=z.a じ=dʒ.i ず=z.u ぜ=z.e ぞ=z.o た=t.a ち=tʃ.i つ=t.s.u て=t.e
    と=t.o だ=d.a ぢ=dʒ.i づ=z.u で=d.e ど=d.o な=n.a に=n.i ぬ=n.u ね=n.e の=n.o は=h.a ひ=h.i ふ=ɸ.u へ=h.e ほ=h.o
    ば=b.a び=b.i ぶ=b.u べ=b.e ぼ=b.o ぱ=p.a ぴ=p.i ぷ=p.u ぺ=p.e ぽ=p.o ま=m.a み=m.i む=m.u め=m.e も=m.o や=j.a
    ゆ=j.u よ=j.o ら=ɾ.a り=ɾ.i る=ɾ.u れ=ɾ.e ろ=ɾ.o わ=w.a ゐ=i ゑ=e を=o ん(?=P)=m ん=n
    """,
    signs={"%": "パーセント", "€": "ユーロ", "$": "ドル", "¥": "えん", "&": "アンド", "+": "プラス", "°": "ど"},
    decimal_sign="てん",
)
