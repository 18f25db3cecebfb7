# SPDX-License-Identifier: Apache-2.0
"""English words that name a mood, by the preset that shows it."""

from collections import Counter

MOOD_WORDS = {
    "happy": """happy glad joy joyful delighted wonderful lovely great fun laugh laughing smile smiling enjoy enjoyed
        congratulations celebrate merry cheerful beautiful fantastic yay hooray haha""",
    "excited": "excited exciting amazing awesome incredible unbelievable thrilled brilliant wow hurrah champion win",
    "warm": "love dear darling sweetheart thank thanks grateful friend friends family welcome kind care bless gentle",
    "sad": """sad sorry cry crying tears lost alone lonely miss missed grief died dead death funeral goodbye hopeless
        heartbroken unhappy regret mourn""",
    "tired": "tired exhausted sleepy sleep weary bored boring yawn bed worn",
    "angry": "angry mad stop liar lie lied fault unfair annoyed annoying enough nonsense stupid idiot dare shut blame",
    "furious": "furious hate hell damn damned bastard kill rage outrageous never",
    "surprised": "surprise surprised surprising really what suddenly astonished unexpected gosh goodness whoa",
    "worried": """worried worry afraid fear scared scary danger dangerous nervous anxious careful terrified problem
        trouble help risk""",
    "disgusted": "disgusting disgusted gross filthy rotten vomit sick stinks nasty yuck ugh revolting",
    "contempt": "pathetic whatever ridiculous loser worthless beneath fool amateur please obviously",
}  # fmt: skip
WEAK = {"never", "what", "really", "please", "stop", "enough", "great", "help", "win", "won", "bed", "sick", "lost",
        "kind", "care", "problem", "miss", "obviously", "sorry", "mad", "family", "friend", "friends"}  # fmt: skip
"""They name a mood often enough to be here, and not often enough to be believed alone: two count as one."""
NEGATIONS = {"not", "no", "never", "don't", "isn't", "wasn't", "aren't", "didn't", "doesn't", "won't", "can't", "nor"}
_MOOD_OF = {word: mood for mood, words in MOOD_WORDS.items() for word in words.split()}


def moods_of(words: list[str]) -> dict[str, int]:
    """How many of the words name each mood, the most first; one that follows a negation within two words counts not."""
    found, weak = Counter[str](), Counter[str]()
    spoken = [word.lower().strip(".,!?;:\"'") for word in words]
    for place, word in enumerate(spoken):
        mood = _MOOD_OF.get(word)
        if mood is not None and not NEGATIONS & {*spoken[max(0, place - 2) : place]}:
            (weak if word in WEAK else found)[mood] += 1
    for mood, count in weak.items():
        found[mood] += count // 2
    return {mood: count for mood, count in found.most_common() if count}
