# SPDX-License-Identifier: Apache-2.0
"""The language of a text: by its script, and of Latin script by its commonest words and letters."""

import re
from collections import Counter

from .scripts import HOME, SCRIPTS, stretches

SAMPLE_LENGTH = 20_000
"""Characters at the beginning that are looked at."""
COMMON_WORDS = {
    "en": """the a of and to in is you that it he was for on are as with his they i at be this have from or had by
        not what we when your can said there how their will up other about out them she has would more go see no
        could my than who its now did get come me do don't it's i'm let's please very where any been too our know
        think her time good thank hello hi yes why all but if so just an him here us over before after again down off
        first new best always never between every only some made make""",
    "de": """der die und das ist ich nicht ein sie es zu den mit du wir auf dem wie eine auch für er hat aus dass
        bei sich von noch nach mir mein dir war bin ihr ja nein aber wenn kann nur uns habe haben sind wird oder
        schon im am vom zum zur wann nie einen einem einer was wo wer warum bitte danke heute sehr gut mich dich
        hier jetzt immer über""",
    "fr": """le la les de des et est un une je tu il elle nous vous ils que qui ne pas ce dans en au aux du pour sur
        avec se plus par mais ou où son sa ses mon ma mes ton ta cette c'est j'ai n'est qu'il d'un s'il m'a suis es
        sont être avoir fait très bien bonjour merci oui non si tout quand toi moi lui comment était ça ai as va l'a
        n'ai d'une quelle""",
    "es": """a el la los las de que y en un una es por con para no se lo su al del como más pero sus le ya o este
        esta sí porque muy cuando yo me te tu mi qué cómo dónde está estoy eres soy hay son fue ha he nos ella él
        también hasta antes después todo nunca esto tiene gracias hola buenos vamos aquí hoy usted bien hace algo
        nada creo quiero""",
    "it": """a il lo la gli le di che e è un una in per con non si da sono mi ho ha hai ma come più al del della dei
        nel nella questo questa anche io tu lei lui noi voi ti ci se cosa chi dove quando perché molto bene grazie
        ciao sì mio mia tuo sua suo era fa dal alla sta abbiamo essere fare hanno fa sul nuovo tutto ancora sei
        quello c'è dov'è che cos'è oggi""",
    "pt": """o a os as de que e em um uma é não do da dos das no na com por para se mais como mas ao ele ela eu você
        seu sua ou quando muito já está também só pelo pela até isso isto meu minha foi são tem ser há nos nas bem
        obrigado onde hoje eles elas num numa vai às vez antes este esta outra outro estou sim às à tudo aqui
        estamos vamos senhor senhora porque""",
    "nl": """de het een en van nooit ik je dat is niet in te zijn op met voor die er maar om hij ze wij we u aan ook
        als bij nog naar dan heb heeft was wat waar hoe dit deze geen wel mijn jij jouw zo kan moet worden door over
        uit tot goed dank hebben hier nu heel erg veel meer weer hun ons mij me hem haar gaan ben bent""",
    "pl": """i w nad pod nie na się z do to że jest jak co tak ale po czy za od ja ty on ona my wy oni mnie mi ten
        ta te tego tej już tylko jeszcze bardzo dla przez przy gdzie kiedy jestem są był była być mam masz ma pan
        pani proszę dziękuję dobrze dzień dzisiaj tu tam o u ich jego jej może musimy nic""",
    "tr": """ve bir bu da de ne için o çok ben sen mi mı mu mü ile daha ama gibi var yok değil evet hayır kadar en
        her şey olarak sonra bana sana beni seni biz siz onlar nasıl nerede kim niye neden iyi güzel lütfen teşekkür
        bugün yarın şimdi hiç olan oldu ki burada benim senin onun istiyorum""",
}  # fmt: skip
"""By language; a word that several share speaks less for each."""
LETTERS = {
    "de": "äöüß", "fr": "çéèêàâîôûùœë", "es": "ñáéíóú¿¡", "it": "àèéìòù", "pt": "ãõçáâéêíóôúà", "nl": "ëï",
    "pl": "ąćęłńóśźż", "tr": "çğıöşü",
}  # fmt: skip
PAIRS = {
    "en": ("th", "wh", "ght", "ould", "ing ", "sh", "ed ", "ck "),
    "de": ("sch", "cht", "ung", "ei", "tz", "en "),
    "fr": ("eau", "oux", "ez ", "qu'", "aux"),
    "es": ("ción", "ll", "ue", "dad", "os "),
    "it": ("zion", "gli", "cch", "zz", "tt", "i "),
    "pt": ("ção", "lh", "nh", "ões", "em ", "ei"),
    "nl": ("ij", "aa", "oe", "sch", "ee", "uu", "en "),
    "pl": ("cz", "sz", "rz", "dz", "ie", "wy", "em ", "ki"),
    "tr": ("yor", "lar", "ler", "ız", "iz ", "üz", "dan ", "den "),
}
"""What is often written in a language and seldom in the others."""
LETTER_WEIGHT, PAIR_WEIGHT = 0.5, 0.25
CLEARLY, CLEARLY_PER_WORD = 0.2, 0.07
"""How much more than for English must speak for another language."""
FEW_WORDS, CLEARLY_IN_FEW = 2, 1.0
"""One common word alone is no proof: die, as, no."""
_DRAWN_OUT = re.compile(r"(\w)\1{2,}")
"""Aaaah! It shows no language."""
_WEIGHTS: dict[str, dict[str, float]] = {}


def language_of(text: str) -> str:
    """The code of the language of `text`, one of `request.LANGUAGES`; "en" where nothing else is clear."""
    found = list(stretches(text[:SAMPLE_LENGTH]))
    letters = Counter[str]()
    for script, written in found:
        letters[script] += len(written)
    letters.pop("other", None)
    if not letters:
        return "en"
    script = max(letters, key=lambda each: letters[each] * (1 if each == "Latin" else 2))  # names are often in Latin
    if script == "Han" and letters["kana"]:
        return "ja"
    if script != "Latin":
        return HOME[script]
    return _of_latin([written.lower() for script, written in found if script == "Latin"])


def another_language(text: str, language: str) -> str:
    """The code of the language that a text is clearly written in where that is not `language`, or ""."""
    found = language_of(text)
    if found == language or (found, language) == ("zh", "ja"):
        return ""  # a short line of Japanese may have no kana
    if _script(found) != "Latin" or _script(language) != "Latin":
        return found
    words = [written.lower() for script, written in stretches(text[:SAMPLE_LENGTH]) if script == "Latin"]
    needed = CLEARLY_IN_FEW if len(words) <= FEW_WORDS else CLEARLY + CLEARLY_PER_WORD * len(words)
    return found if _score(words, found) > _score(words, language) + needed else ""


def _script(language: str) -> str:
    return SCRIPTS.get(language, ("Latin",))[0]


def _of_latin(words: list[str]) -> str:
    scores = {language: _score(words, language) for language in COMMON_WORDS}
    best = max(scores, key=lambda language: scores[language])
    needed = CLEARLY_IN_FEW if len(words) <= FEW_WORDS else CLEARLY + CLEARLY_PER_WORD * len(words)
    return best if scores[best] > scores["en"] + needed else "en"


def _score(words: list[str], language: str) -> float:
    """What speaks for a language: its commonest words, its letters, its pairs of letters."""
    common, letters = _weights()[language], LETTERS.get(language, "")
    text = _DRAWN_OUT.sub(r"\1", " ".join([*words, ""]))
    said = sum(common.get(word, 0.0) for word in words)
    shown = sum(text.count(letter) for letter in letters) * LETTER_WEIGHT
    return said + shown + PAIR_WEIGHT * sum(text.count(pair) for pair in PAIRS[language])


def _weights() -> dict[str, dict[str, float]]:
    """Of each common word of each language, one part of as many as languages have it."""
    if not _WEIGHTS:
        shared = Counter(word for words in COMMON_WORDS.values() for word in set(words.split()))
        for language, words in COMMON_WORDS.items():
            _WEIGHTS[language] = {word: 1 / shared[word] for word in words.split()}
    return _WEIGHTS
