"""How people ask: frames around a question, from independent choices.

`expand` reads a little grammar: `[a|b|c]` is one of three, also nested; the frames of a noun phrase
(`framed`) and the clothes of a whole text (`dressed`) are written in it.
"""

from __future__ import annotations

import re
from random import Random

_CHOICE = re.compile(r"\[([^\[\]]*)\]")


def expand(rng: Random, text: str) -> str:
    """One of the texts that a pattern stands for.

    >>> expand(Random(1), "[a|b] [c|d]")
    'a d'
    """
    while "[" in text:
        text = _CHOICE.sub(lambda m: rng.choice(m[1].split("|")), text)
    return text


GREET = "[Hi|Hello|Hey|Hi there|Hey there|Good morning|Good evening|Good afternoon|Hello there|Dear assistant|Greetings|Howdy][!|,|.| -]"
CHAT = (
    "[Quick question|A quick one|Small question|Another question|One more question|Next question|Just a question|A simple one|Maths question|Here is one|Question][:|.| -]",
    "[I am stuck|I need a hand|I need some help|I lost my calculator|My calculator is broken|I am bad at maths|I am in a hurry|My phone is dead|I have no calculator here|I cannot do this in my head][.|!|:| -]",
    "[My son|My daughter|My boss|My teacher|My neighbour|A friend|A customer|A colleague|My sister] [asks me this|wants to know this|needs this|asked me the following][.|:]",
    "[For my homework|For a report|For my diary|For school|For work|For a quiz|For the accounts|For a friend|For a test][:|,]",
    "[Sorry to bother you|Thanks for your help earlier|Thanks for the last one|Hope you are well|I hope you can help|Let us see|Help me with this|Please help|Can you help me|Help][.|!|:| -]",
    "[I am|My brother is|My mother is|My daughter is] {n} [years old |]and [I need to know this|I would like some help|we wonder about this|we need a hand][.|:]",
    "[It is {n} degrees outside|It is already past {h} o'clock|My train leaves in {n} minutes|I have been at it for {h} hours|This is exercise {n}|This is question {h} of my homework] [and I am stuck|and I still do not know this|so please be quick][.|:]",
)
TAIL = (
    " [Just|Only|Give me just|Give me only|I only need|Answer with just] the [number|result|answer|figure][, please|][.|!|]",
    " [Result|Number|Answer|Figure] only[, please|][.|]",
    " [No explanation|No steps|No words], [please|thanks|just the number|just the result][.|]",
    " [Thanks|Thank you|Thanks a lot|Thanks in advance|Thank you very much|Cheers|Many thanks|Please help][!|.|]",
    " [Please be exact|Use the calculator|Please calculate it|Please work it out|Please use your calculator|Tell me the result|What is the answer|Show me the result][.|!|]",
)
VERB = "[calculate|compute|work out|figure out|evaluate|find|determine|calculate|tell me|give me]"
VALUE = "[|||the value of |the result of |the exact value of ]"
SELF = "[know|know|find out|calculate|compute|work out|figure out|determine|check]"
ASKS = (
    ("What[ is| is| is| is|'s|'s] {}[?|?|?|]", 8),
    ("[What is|What's] [the value of|the result of|the answer to|the exact value of|the outcome of] {}[?|?|]", 2),
    ("What [do you get|do I get|do we get|does one get|comes out|is the result] [for|if you compute|when you calculate] {}?", 1),
    ("What [does {} equal|would {} be|does {} come to|does {} give|does {} make|does {} work out to|will {} be|number is {}|does {} amount to][?|?|]", 2),
    ("How much [is {}|is {}|is {}|would {} be|does {} make|does {} come to|do you get for {}|will {} be][?|?|]", 3),
    ("[|||Please |Now |Next, |Kindly |OK, ]" + VERB + " " + VALUE + "{}[| for me| please|, please| now| quickly|][.|.|.|]", 6),
    ("[Can|Could|Would|Will|Can] you [|please |quickly |kindly |maybe |just ]" + VERB + " " + VALUE + "{}[| for me|, please| please][?|?|]", 4),
    ("I [need|want|would like|'d like|have|am trying|must try] to " + SELF + " " + VALUE + "{}[|, please|, can you help| for my homework| for work|][.|.|]", 2),
    ("[Do you know|Can you tell me|Could you tell me|Any idea|I wonder|I was wondering|Tell me|Let me know|Please say|I forgot|Please tell me|I'd like to know|Would you tell me|Can anyone say|Could you say] what {} [is|is|comes to|equals|makes|gives|would be][?|?|]", 3),
    ("{}[?|?| = ?| =|, please| please|...|||]", 4),
    ("[{} is what|{} is how much|{} equals what|{} makes what|and {}|so {}|ok {}|and what about {}|what about {}|how about {}|maybe {}][?|?|]", 1),
    ("[Result|Number|Answer|Value|Calculate|Compute|Exercise|Task|Question|Problem|Sum|Calculator|Please|Quick|Solve][: ]{}[|.|]", 2),
    ("[Give me|I need|I want|I would like|Show me|Get me|Let me have|Please give me] [the result of|the value of|the answer to|just the result of|the number for] {}[|, please|, nothing else|][.|]", 1),
    ("[My homework|My exercise|The teacher|My boss|The book|The test|The form|This puzzle] [asks for|wants|says] {}. [What is it|What do I write|What is that|How much is it|What is the answer]?", 1),
    ("I [need|was asked for|am looking for|want] {}[, what is it|, how much is that|, what does it give|, what is the result|. What do I get|. What should come out]?", 1),
    ("[When|If] I [calculate|compute|work out] {}, what [do I get|is the result|comes out|should I get|is it]?", 1),
)
_TYPED = "I [typed|tried|entered|have here|see] {}[, what is it|, how much is that|, what does it give|. What do I get|. What should come out]?"
_ASKS = [text for text, weight in ASKS for _ in range(weight)]
_NUMBER_WORDS = re.compile(
    r"zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|teen|twent|thirt|fort|fift|sixt|eight|hundred|thousand|illion|half|halves|third|quarter|point|minus|dozen|score|double|triple|twice|thrice|tenth|week|year|month|day|hour|minute|second|square|cube|root|plus|less|more|divid|than|sine|log|power|round|percent"
)


def typo(rng: Random, text: str) -> str:
    """One slip of the fingers, in a word that means no number."""
    parts = text.split(" ")
    at = [i for i, p in enumerate(parts) if len(p) > 4 and p.isalpha() and p.islower() and not _NUMBER_WORDS.search(p)]
    if not at:
        return text
    i = rng.choice(at)
    w = parts[i]
    k = rng.randint(1, len(w) - 2)
    roll = rng.random()
    if roll < 0.4:
        w = w[:k] + w[k + 1] + w[k] + w[k + 2 :]
    elif roll < 0.7:
        w = w[:k] + w[k + 1 :]
    else:
        w = w[:k] + w[k] + w[k:]
    parts[i] = w
    return " ".join(parts)


def careless(rng: Random, text: str) -> str:
    """As it is typed in haste: small letters, no mark at the end, a slip."""
    roll = rng.random()
    if roll < 0.12:
        text = text.lower().replace("what's", "whats") if rng.random() < 0.3 else text.lower()
    if roll < 0.07 or 0.12 < roll < 0.15:
        text = text.rstrip("?.")
    if rng.random() < 0.06:
        text = typo(rng, text)
    if rng.random() < 0.015:
        text = text.upper() if rng.random() < 0.3 else text + rng.choice(("??", " ?", "???", " :)", "..."))
    return text


def opening(rng: Random) -> str:
    roll = rng.random()
    said = GREET if roll < 0.4 else rng.choice(CHAT) if roll < 0.85 else GREET + " " + rng.choice(CHAT)
    return expand(rng, said).replace("{n}", str(rng.randint(11, 79))).replace("{h}", str(rng.randint(2, 11))) + " "


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def framed(rng: Random, said: str, *, symbols: bool = False) -> str:
    """A question about a noun phrase, `the sum of 3 and 4`, or about an expression."""
    frame = expand(rng, rng.choice((*_ASKS, _TYPED) if symbols else _ASKS)) if not symbols or rng.random() < 0.65 else expand(rng, "{}[||||?|=| =| = ?|=?]")
    frame = frame.replace("What's the", "What is the") if rng.random() < 0.3 else frame
    text = frame.replace(" 'd", "'d").replace("{}", said)
    if not frame.startswith("{}") or (said[:1].isalpha() and not symbols and rng.random() < 0.6):
        text = capital(text)
    return clothed(rng, text) if frame not in ("{}", "{}=", "{} =") or rng.random() < 0.3 else text.strip()


def clothed(rng: Random, text: str, *, plain: float = 0.78) -> str:
    """The question with what stands around it: a greeting, chatter, a wish about the answer."""
    roll = rng.random() * (0.22 / (1 - plain))
    if roll < 0.12:
        first = opening(rng)
        text = first + (text[0].lower() + text[1:] if first[-2:-1] in ",:-" and not text.startswith(("I ", "I'")) and not text[:2].isupper() and text.startswith(("What", "How", "Can", "Could", "Calc", "Comp", "Work", "Please", "Tell")) else text)
    elif roll < 0.22:
        end = text if text[-1:] in "?.!" else text + rng.choice((".", "?", ";", " -"))
        text = end + expand(rng, rng.choice(TAIL))
    return careless(rng, text).strip()
