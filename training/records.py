"""Kinds of records: their fields, how a text tells each field, and the text and the values of one record drawn.

A kind has a subject ("Order KT-481") and fields with predicates ("was paid on {}"), and whole openings that tell several
fields at once. A field's first key is its name inside the openings.

python3 training/records.py        prints a few
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

import words

Said = tuple[str, Any]  # as the text says it, and the value

# -- values -------------------------------------------------------------------------------------

_SCRIPTS = (
    ("Иван Ольга Пётр Нина Сергей Дарья Олег Вера".split(), "Петров Зимина Соколов Лесная Кузнец Орлова Белый Щукина".split(), " ", 0),
    ("Μαρία Νίκος Ελένη Πέτρος Σοφία Γιώργος".split(), "Αγγέλου Βασιλείου Δήμου Λάμπρου Ρήγας".split(), " ", 0),
    ("李 王 张 陈 林 赵 周".split(), "娜 小明 伟 静 海燕 志强 雨".split(), "", 0),
    ("田中 佐藤 山本 中村 小林 森".split(), "一郎 花子 健 美咲 直樹 さくら".split(), "", 0),
    ("김 이 박 최 정".split(), "민준 서연 지훈 하은 도윤".split(), "", 0),
    ("سارة علي ليلى عمر مريم".split(), "حسن منصور خليل ناصر".split(), " ", 0),
    ("דוד נועה יוסי מאיה".split(), "לוי כהן מזרחי ברק".split(), " ", 0),
    ("नीना राहुल मीरा अजय".split(), "शर्मा वर्मा जोशी गुप्ता".split(), " ", 0),
    ("Łukasz Zoë Søren José Ørjan Þóra Đặng Çiğdem François Jiří Åse Noël Íris Ødegård".split(), "Żak Ågård Muñoz Bråten Ólafsdóttir Nguyễn Öztürk Lefèvre Dvořák Häkkinen Señal Großmann Peña".split(), " ", 0),
    ("Ana Rosa Luis Carla João Inês".split(), "de la Cruz|da Silva Pereira|van der Berg|von Stein|di Marco|bin Yusuf".split("|"), " ", 0),
    ("Sean Nora Mary-Jane Anne-Marie Kevin Jean-Luc".split(), "O'Brien|O'Hara|D'Angelo|Mc Coy|Smith-Jones|N'Dour".split("|"), " ", 0),
)


def person(r: Random) -> str:
    if r.random() < 0.2:
        first, last, between, _ = r.choice(_SCRIPTS)
        return r.choice(first) + between + r.choice(last)
    name = words.person(r, r.choice("sh"))
    if r.random() < 0.03 and " " in name:
        first, last = name.split(" ", 1)
        return f'{first} "{words.invented(r, 1)}" {last}'
    if r.random() < 0.04:
        return f"{r.choice(('Mr', 'Ms', 'Mrs', 'Dr.', 'Prof.', 'Sir'))} {words.invented(r)}"
    return name


def first_name(r: Random) -> str:
    return r.choice(words.HER + words.HIS) if r.random() < 0.6 else words.invented(r)


def city(r: Random) -> str:
    return r.choice(("Łódź", "São Paulo", "Zürich", "Malmö", "Ålesund", "Köln", "Москва", "東京", "北京", "Αθήνα", "القاهرة", "Saint-Étienne", "Stoke-on-Trent", "Rio de Janeiro", "L'Aquila")) if r.random() < 0.1 else words.place(r)


def company(r: Random) -> str:
    n = words.invented(r) if r.random() < 0.6 else r.choice(words.LAST)
    return r.choice((n, f"{n} {r.choice(('Ltd', 'GmbH', 'Inc.', 'AG', 'Foods', 'Labs', 'Systems', 'Logistics', 'Motors', '& Sons', 'Bank', 'Energy', 'Studio'))}", f"{r.choice(words.ADJ).capitalize()} {r.choice(words.THINGS).capitalize()} {r.choice(('Ltd', 'Co.', 'Works', 'Group'))}", f"{n} & {r.choice(words.LAST)}"))


def thing(r: Random) -> str:
    return r.choice((words.phrase(r), words.thing_name(r), r.choice(words.THINGS), f"{r.choice(words.COLOURS)} {r.choice(words.THINGS)}", f"{r.choice(words.MATERIALS)} {r.choice(words.THINGS)}", f"{words.invented(r)} {r.choice(words.THINGS)}"))


def title(r: Random) -> str:
    a, t, p, n = r.choice(words.ADJ).capitalize(), r.choice(words.THINGS).capitalize(), words.invented(r), first_name(r)
    return r.choice(
        (
            f"The {a} {t}",
            f"{t} of {p}",
            f"{n} and the {t}",
            f"A {t} for {n}",
            f"{n}'s {t}",
            f"{a} {t}s",
            f"{p}",
            f"Where the {a} {t} Sleeps",
            f"How {n} Lost a {t} in {p}",
            f"{t}, {r.choice(words.THINGS).capitalize()} & {r.choice(words.THINGS).capitalize()}",
            f"The {t} That Came from {p}",
            f"{r.randint(2, 99)} {t}s",
            f"Goodbye, {n}!",
            f"Who Took the {t}?",
        )
    )


def remark(r: Random) -> str:
    t, u, n = r.choice(words.THINGS), r.choice(words.THINGS), first_name(r)
    return r.choice(
        (
            f"bring the {t}",
            f"call {n} about the {t}",
            f"the {t} is too {r.choice(words.ADJ)}",
            f"meet me at the {t} at {r.randint(1, 12)}",
            "I'll be late, start without me",
            f"we need {r.randint(2, 40)} more {t}s",
            f"don't forget the {t} and the {u}",
            f"happy birthday, {n}!",
            f"paint the {t} {r.choice(words.COLOURS)}",
            f"is the {t} still there?",
            f"leave it with {n} next door",
            f"the {t} broke again",
            f"no {r.choice(words.FOODS)}, please",
            f"fragile: {t} inside",
        )
    )


def task(r: Random) -> str:
    t = r.choice(words.THINGS)
    return r.choice(
        (f"clean the {t}", f"buy {r.choice(words.FOODS)}", f"fix the {r.choice(words.ADJ)} {t}", f"call {first_name(r)}", f"write the report on {r.choice(words.SUBJECTS)}", "book a table", "water the plants", f"send the {t} to {first_name(r)}", f"return the {t}", "pay the rent", f"feed the {r.choice(words.ANIMALS)}")
    )


def street(r: Random) -> str:
    n, w = r.randint(1, 320), words.invented(r) if r.random() < 0.5 else r.choice(words.THINGS).capitalize()
    return r.choice((f"{n} {w} {r.choice(words.STREET)}", f"{n} {w} {r.choice(words.STREET)}", f"{w}straße {n}", f"Rue de {w} {n}", f"Via {w}, {n}", f"{n}{r.choice('ABC')} {w} {r.choice(words.STREET)}", f"Calle {w} {n}", f"{w}gatan {n}"))


_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()


def date(r: Random) -> str:
    d, m, y = r.randint(1, 28), r.randint(1, 12), r.randint(1985, 2034)
    month = words.MONTHS[m - 1]
    return r.choice(
        (
            f"{y}-{m:02d}-{d:02d}",
            f"{y}-{m:02d}-{d:02d}",
            f"{d} {month} {y}",
            f"{month} {d}, {y}",
            f"{d} {month}",
            f"{month} {d}",
            f"{d:02d}/{m:02d}/{y}",
            f"{d}.{m}.{y}",
            f"{r.choice(_DAYS)}",
            f"{r.choice(_DAYS)}, {d} {month}",
            f"{d} {month[:3]} {y}",
            f"{month} {d}{'st' if d in (1, 21) else 'nd' if d in (2, 22) else 'rd' if d in (3, 23) else 'th'}",
        )
    )


def time(r: Random) -> str:
    h, m = r.randint(0, 23), r.choice((0, 5, 10, 15, 20, 30, 40, 45, 50))
    return r.choice((f"{h:02d}:{m:02d}", f"{h:02d}:{m:02d}", f"{h}:{m:02d}", f"{h % 12 + 1} pm", f"{h % 12 + 1}:{m:02d} am", f"{h % 12 + 1} o'clock", f"{h % 12 + 1}pm"))


def email(r: Random) -> str:
    a, b = words.invented(r, 1), words.invented(r, 2)
    plain = re.sub(r"[^a-z]", "", f"{a}".lower()) or "info"
    host = re.sub(r"[^a-z]", "", b.lower()) or "mail"
    return f"{r.choice((plain, r.choice(words.HIS).lower(), r.choice(words.HER).lower() + '.' + plain, plain + str(r.randint(1, 99)), 'info', plain + '_' + host))}@{host}.{r.choice(('com', 'org', 'net', 'de', 'co.uk', 'io', 'example'))}"


def url(r: Random) -> str:
    host = email(r).split("@")[1]
    return r.choice((f"https://{host}", f"www.{host}", f"https://{host}/{r.choice(words.THINGS)}/{r.randint(1, 99)}", f"{host}"))


def phone(r: Random) -> str:
    d = "".join(r.choice("0123456789") for _ in range(10))
    return r.choice((f"+{r.randint(1, 99)} {d[:3]} {d[3:6]} {d[6:]}", f"0{d[:3]}-{d[3:8]}", f"({d[:3]}) {d[3:6]}-{d[6:]}", d, f"{d[:3]}-{d[3:7]}"))


def version(r: Random) -> str:
    return ".".join(str(r.randint(0, 20)) for _ in range(r.choice((2, 3, 3))))


def plate(r: Random) -> str:
    x = "".join(r.choice("ABCDEFGHKLMNPRSTVWXYZ") for _ in range(4))
    return r.choice((f"{x[:2]}-{x[2:]} {r.randint(1, 9999)}", f"{x[:2]}{r.randint(10, 99)} {x[1:]}", f"{x[:3]}-{r.randint(100, 999)}"))


def code(r: Random) -> str:
    return r.choice((words.code(r), words.code(r), str(r.randint(100, 99999)), f"#{r.randint(10, 99999)}", f"{r.randint(2020, 2030)}/{r.randint(1, 999):03d}", f"{words.code(r)}-{r.choice('ABCXYZ')}"))


def s(make: Callable[[Random], str]) -> Callable[[Random], Said]:
    def draw(r: Random) -> Said:
        v = make(r)
        return v, v

    return draw


def one(options: str) -> Callable[[Random], Said]:
    every = options.split("|")
    return s(lambda r: r.choice(every))


def count(low: int, high: int, spelt: float = 0.25) -> Callable[[Random], Said]:
    """An integer; small ones are spelt at times, large ones have commas at times."""

    def draw(r: Random) -> Said:
        n = r.randint(low, high if high < 100 or r.random() < 0.5 else max(low + 1, high // 10))
        if 2 <= n <= 20 and r.random() < spelt or 20 < n < 100 and r.random() < spelt / 4:
            return words.in_words(n), n
        return words.shown(r, n), n

    return draw


def year(low: int, high: int) -> Callable[[Random], Said]:
    def draw(r: Random) -> Said:
        n = r.randint(low, high)
        return str(n), n

    return draw


def decimal(low: float, high: float, places: int = 1) -> Callable[[Random], Said]:
    def draw(r: Random) -> Said:
        if r.random() < 0.15:
            n = r.randint(int(low), int(high))
            return str(n), n
        x = round(r.uniform(low, high), r.randint(1, places))
        return (f"{x:,}" if r.random() < 0.5 else str(x)), x

    return draw


def money(low: float, high: float) -> Callable[[Random], Said]:
    """A price with its currency: the value is the number alone."""

    def draw(r: Random) -> Said:
        top = high if r.random() < 0.5 else low + (high - low) / 12
        x: float = round(r.uniform(low, top), 2)
        if r.random() < 0.4 or x > 50_000:
            x = max(1, int(x))
        shown = (f"{x:,.2f}" if r.random() < 0.5 else f"{x:.2f}" if r.random() < 0.6 else str(x)) if isinstance(x, float) else words.shown(r, x)
        return r.choice(("€{}", "${}", "£{}", "{} €", "{} euros", "{} dollars", "{} pounds", "EUR {}", "{} USD", "{} CHF", "₹{}", "{} zł", "¥{}", "{} kr", "{} crowns")).format(shown), x

    return draw


def many(make: Callable[[Random], str], most: int = 4) -> Callable[[Random], Said]:
    def draw(r: Random) -> Said:
        items: list[str] = []
        for _ in range(r.randint(1 if r.random() < 0.15 else 2, most)):
            item = make(r)
            if item not in items and "," not in item and " and " not in item:
                items.append(item)
        items = items or [r.choice(words.THINGS)]
        said = items[0] if len(items) == 1 else ", ".join(items[:-1]) + r.choice((" and ", ", and ", " and ")) + items[-1]
        return said, items

    return draw


# -- kinds --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Field:
    keys: tuple[str, ...]
    type: str  # string, integer, number, boolean, enum, array
    draw: Callable[[Random], Said]
    said: tuple[str, ...]  # predicates with {}; for a boolean or an enum they are drawn with the value
    choices: dict[str, tuple[str, ...]] = field(default_factory=dict)  # enum or boolean ("yes", "no"): predicates


@dataclass(frozen=True)
class Kind:
    names: tuple[str, ...]  # of a class; the first as words is the noun
    subjects: tuple[str, ...]  # with {} for the subject's value
    subject: Field | None
    fields: dict[str, Field]
    openings: tuple[str, ...]
    bare: tuple[str, ...]  # the subject without its value


def f(keys: str, kind: str, draw: Callable[[Random], Said], said: str = "") -> Field:
    return Field(tuple(keys.split()), kind, draw, tuple(said.split("|")) if said else ())


def st(keys: str, make: Callable[[Random], str], said: str = "") -> Field:
    return f(keys, "string", s(make), said)


def yes(keys: str, true: str, false: str) -> Field:
    return Field(tuple(keys.split()), "boolean", lambda r: ("", r.random() < 0.5), ("",), {"yes": tuple(true.split("|")), "no": tuple(false.split("|"))})


def enum(keys: str, **choices: str) -> Field:
    every = {k.replace("__", "-").replace("_", " ").strip(): tuple(v.split("|")) for k, v in choices.items()}
    return Field(tuple(keys.split()), "enum", lambda r: ("", r.choice(list(every))), ("",), every)


def word(keys: str, options: str, said: str = "") -> Field:
    """An enum whose value stands in the text."""
    every = options.split("|")
    preds = tuple(said.split("|")) if said else ()
    return Field(tuple(keys.split()), "enum", one(options), preds, {v: tuple(p.replace("{}", v) for p in preds) or (v,) for v in every})


KINDS: list[Kind] = []


def kind(names: str, subjects: str, subject: Field | None, fields: list[Field], openings: str = "", bare: str = "") -> None:
    every = {x.keys[0]: x for x in ([subject] if subject else []) + fields}
    noun = names.split(maxsplit=1)[0]
    KINDS.append(Kind(tuple(names.split()), tuple(subjects.split("|")), subject, every, tuple(openings.split("|")) if openings else (), tuple(bare.split("|")) if bare else (f"The {plain_noun(noun)}",)))


def plain_noun(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()


_AT = "arrives on {}|is planned for {}|comes on {}"
kind(
    "Person Profile User Human Individual Citizen",
    "{}",
    st("name full_name person who person_name", person),
    [
        f("age years age_in_years age_years", "integer", count(1, 99), "is {} years old|is {}|turned {} last week|is {} years of age|has just turned {}|is aged {}"),
        st("city home town residence lives_in location", city, "lives in {}|is from {}|moved to {}|has a flat in {}|resides in {}"),
        st("job occupation profession works_as role", lambda r: r.choice(words.JOBS), "works as a {}|is a {} by trade|earns a living as a {}|trained as a {}"),
        st("employer company works_for organisation", company, "works for {}|is employed by {}|has a post at {}"),
        f("height_cm height cm", "integer", count(120, 205, 0), "is {} cm tall|measures {} centimetres"),
        f("children number_of_children kids", "integer", count(2, 7, 0.6), "has {} children|is the parent of {} children"),
        yes("married is_married", "is married|has a husband|has a wife", "is not married|is single|has never married"),
        yes("vegetarian is_vegetarian", "is vegetarian|eats no meat|is a vegetarian", "eats meat|is not vegetarian|loves a good steak"),
        yes("smoker smokes is_smoker", "smokes|is a smoker", "does not smoke|is a non-smoker"),
        st("pet_name pet", first_name, "has a dog called {}|keeps a cat named {}"),
        f("hobbies interests likes", "array", many(lambda r: r.choice("chess football sailing knitting pottery hiking cooking painting running fishing singing gardening reading yoga climbing photography astronomy".split())), "likes {}|enjoys {}|has these hobbies: {}"),
        f("languages speaks", "array", many(lambda r: r.choice(words.LANGUAGES), 3), "speaks {}|is fluent in {}"),
        st("birthday date_of_birth born birth_date", date, "was born on {}|has a birthday on {}"),
        st("country nationality_country birthplace_country", words.country, "grew up in {}|comes from {}|was born in {}"),
    ],
    "{name}, {age}, lives in {city}|{name} is {age} years old|{name} ({age}) works as a {job} in {city}|My name is {name} and I am {age} years old|I'm {name}, {age}, from {city}|{age}-year-old {name} works for {employer}|Meet {name}, a {age}-year-old {job} from {city}|Hello, I am {name}. I live in {city} and work as a {job}|{name} ({age} years, {city})|Hi, {name} here, {age} years old, working at {employer}|At {age}, {name} is the youngest {job} in {city}",
    "This person|The new colleague|Our neighbour|The member",
)
kind(
    "Contact ContactInfo BusinessCard Customer Lead",
    "{}",
    st("name contact full_name contact_name customer", person),
    [
        st("email mail email_address e_mail", email, "can be reached at {}|has the address {}|reads mail at {}|uses {}"),
        st("phone telephone phone_number tel mobile", phone, "has the number {}|can be called on {}|answers the phone at {}"),
        st("company firm organisation employer", company, "works at {}|is with {}|represents {}"),
        st("website url homepage site", url, "has a page at {}|can be found at {}"),
        st("title position job_title role", lambda r: r.choice("sales manager|chief engineer|head of marketing|assistant|product owner|director|team lead|accountant|office manager".split("|")), "is the {} there|holds the post of {}|works as {}"),
        st("city town location", city, "sits in {}|has an office in {}"),
        yes("newsletter subscribed wants_newsletter", "wants the newsletter|has subscribed to the newsletter", "does not want the newsletter|has unsubscribed from the newsletter"),
        f("contact_id customer_id id", "integer", year(10, 99999), "has the customer number {}|is customer no. {}"),
    ],
    "You can reach {name} at {email} or {phone}|{name} <{email}>|{name}, {title}, {company}|Please write to {name} ({email})|Best regards, {name}, {company}, {phone}|Call {name} on {phone}|Contact: {name}, {company}, {email}|I am {name} from {company}, my mail is {email}",
    "The contact|This person",
)
kind(
    "Order PurchaseOrder OrderRequest",
    "Order {}|The order {}|Order number {}|Purchase order {}",
    st("order_id order id number order_number", code),
    [
        st("customer buyer customer_name ordered_by client", person, "was placed by {}|is for {}|comes from {}"),
        st("product item article product_name", thing, "is for this item: {}|contains one {}"),
        f("quantity amount count qty pieces", "integer", count(2, 900, 0.4), "is for {} pieces|holds {} items|has {} units"),
        f("total price total_price cost", "number", money(3, 9000), "comes to {}|costs {} in all|has a total of {}"),
        st("date ordered_on order_date", date, "was made on {}|dates from {}"),
        st("delivery_date delivery due arrives", date, "will be delivered on {}|is due on {}"),
        yes("paid is_paid", "has been paid|is already paid|is paid in full", "is not yet paid|is still unpaid|has not been paid"),
        yes("gift is_gift gift_wrap", "is a gift|should be gift-wrapped", "is not a gift|needs no gift wrap"),
        enum("status state", shipped="has been shipped|is on its way", pending="is still pending|waits to be handled", cancelled="was cancelled|was called off", delivered="has been delivered|arrived at the door"),
        word("colour color", "red|green|blue|black|white|yellow|grey", "should come in {}|is wanted in {}"),
    ],
    "{customer} ordered {quantity} pieces of the {product}|I'd like {quantity} of the {product}, please, to be sent on {delivery_date}|{customer} bought a {product} for {total}|Please send {quantity} x {product} to {customer}|We need {quantity} units of {product} by {delivery_date}|Order {order_id}: {quantity} x {product}, {total}|On {date} {customer} paid {total} for a {product}|{customer} wants a {colour} {product}",
)
kind(
    "Invoice Bill Receipt",
    "Invoice {}|Invoice no. {}|Bill {}|The invoice {}",
    st("invoice_number number invoice_id id invoice", code),
    [
        st("vendor supplier seller issuer from", company, "was issued by {}|comes from {}|was sent by {}"),
        st("customer recipient client bill_to to", company, "is addressed to {}|goes to {}|was written for {}"),
        f("total amount total_amount sum amount_due", "number", money(5, 30000), "is for {}|amounts to {}|has a total of {}|shows {} to be paid"),
        f("tax vat tax_amount", "number", money(1, 900), "includes a tax of {}|contains {} of VAT"),
        f("tax_rate vat_rate vat_percent", "number", decimal(3, 27), "has a tax rate of {}%|is taxed at {} percent"),
        st("due_date due pay_by deadline", date, "is due on {}|must be paid by {}|is payable until {}"),
        st("issued issue_date date invoice_date", date, "was issued on {}|is dated {}|was written on {}"),
        yes("paid is_paid settled", "has been paid|is settled", "is not yet paid|is still open|remains unpaid"),
        f("line_items positions items", "integer", count(2, 40), "lists {} items|has {} lines"),
    ],
    "{vendor} billed {customer} {total}|{customer} owes {vendor} {total}, due on {due_date}|Please find attached invoice {invoice_number} over {total}|{vendor} asks for {total} by {due_date}|From: {vendor}\nTo: {customer}\nTotal: {total}|We received {total} from {customer}",
)
kind(
    "Event Meeting CalendarEvent Appointment",
    "{}|The event {}",
    st("title name event event_name", title),
    [
        st("date day when on", date, "takes place on {}|is on {}|will be held on {}|was moved to {}"),
        st("start time start_time begins_at", time, "starts at {}|begins at {}|opens its doors at {}"),
        st("end end_time ends_at until", time, "ends at {}|is over at {}|goes on until {}"),
        st("location place venue where", lambda r: r.choice((city(r), words.place(r) + " Hall", f"room {r.randint(1, 400)}", f"the {words.thing_name(r)}")), "is held in {}|happens at {}"),
        st("organizer organiser host organised_by", person, "is organised by {}|is hosted by {}|is run by {}"),
        f("attendees guests participants people", "integer", count(2, 3000), "expects {} guests|has {} participants|is planned for {} people"),
        f("duration_minutes minutes duration length_minutes", "integer", count(10, 240), "lasts {} minutes|takes {} minutes"),
        f("ticket_price price entry fee", "number", money(2, 200), "costs {} to enter|has tickets at {}"),
        yes("online is_online virtual", "takes place online|is a video call", "is not online|is held in person"),
        f("speakers invited", "array", many(person, 3), "has these speakers: {}|invites {}"),
    ],
    "Meeting with {organizer} on {date} at {start} in {location}|Let's meet on {date} at {start}: {title}|{title}, {date}, {start}, {location}|{organizer} invites you to {title} on {date}|From {start} to {end} we talk about {title}|Save the date: {date}, {location}|You are invited to {title} in {location}, start {start}|Dinner with {organizer} at {start} on {date}",
)
kind(
    "Booking Reservation HotelBooking TableReservation",
    "{}'s booking|The booking of {}|The reservation for {}",
    st("guest name guest_name booked_by customer", person),
    [
        f("nights number_of_nights stay_nights", "integer", count(2, 21, 0.5), "is for {} nights|covers {} nights"),
        f("guests people persons party_size number_of_guests", "integer", count(2, 12, 0.5), "is for {} people|counts {} guests"),
        st("check_in arrival from arrival_date", date, "starts on {}|has check-in on {}"),
        st("check_out departure to departure_date", date, "ends on {}|has check-out on {}"),
        st("hotel place hotel_name property", lambda r: r.choice(("Hotel " + words.invented(r), "the " + words.thing_name(r) + " Inn", words.thing_name(r) + " Hotel", "Pension " + words.invented(r)))[0:], "is at {}|was made with {}"),
        f("room room_number", "integer", count(1, 900, 0), "is for room {}|has room number {}"),
        word("room_type room_kind", "single|double|twin|suite|family", "is for a {} room|asks for a {} room"),
        f("rate price_per_night nightly_rate", "number", money(20, 600), "costs {} per night|has a nightly rate of {}"),
        yes("breakfast with_breakfast breakfast_included", "includes breakfast|comes with breakfast", "is without breakfast|does not include breakfast"),
        yes("confirmed is_confirmed", "is confirmed|has been confirmed", "is not yet confirmed|still has to be confirmed"),
    ],
    "{guest} booked {nights} nights at {hotel} from {check_in}|Please reserve a table for {guests} people in the name of {guest}|I'd like a {room_type} room for {nights} nights, arriving {check_in}. My name is {guest}|{guest}, party of {guests}, arriving {check_in}|{guest} stays at {hotel} from {check_in} to {check_out}|A room for {guests} guests from {check_in} to {check_out}|{nights} nights for {guests} people at {hotel}, {rate} a night",
)
kind(
    "Product Item Article CatalogItem",
    "{}|The {}|Our {}",
    st("name product product_name item title", thing),
    [
        f("price cost unit_price", "number", money(0.5, 3000), "costs {}|sells for {}|is on sale at {}|has a price of {}"),
        f("stock in_stock_count units available_units", "integer", count(2, 5000), "has {} units in stock|is there {} times in the warehouse"),
        st("brand maker manufacturer", company, "is made by {}|comes from {}|is a product of {}"),
        st("sku code article_number item_code", code, "has the SKU {}|carries the code {}"),
        f("weight_kg weight kg", "number", decimal(0.1, 90, 2), "weighs {} kg|has a weight of {} kilograms"),
        word("colour color", "red|green|blue|black|white|silver|orange|brown", "is {}|comes in {}"),
        word("size", "small|medium|large", "is {} in size|has the size {}"),
        yes("available in_stock is_available", "is available|can be ordered now", "is sold out|is not available"),
        f("rating stars score", "number", decimal(1, 5), "is rated {} out of 5|has {} stars"),
        f("warranty_years warranty guarantee_years", "integer", count(2, 10, 0.6), "has a warranty of {} years|is guaranteed for {} years"),
        f("colours colors", "array", many(lambda r: r.choice(words.COLOURS)), "comes in {}|is sold in {}"),
        f("discount discount_percent percent_off", "integer", count(2, 70, 0), "is {}% off|has a discount of {} percent"),
    ],
    "The {name} by {brand} costs {price}|{name}, {colour}, {price}|For {price} you get the {name}|{brand} sells the {name} for {price}|New from {brand}: the {name}, only {price}|We have {stock} of the {name} left at {price} each|{name} ({sku}): {price}, {weight_kg} kg",
)
_LOVE = "I loved it|it was wonderful|great fun from start to end|I would buy it again|the best in years|everything works perfectly|what a joy|highly recommended|I am very happy with it"
_HATE = "I hated it|it was awful|a waste of money|it broke after a day|never again|I want my money back|very disappointing|the worst ever|I am very unhappy with it"
_SO = "it was okay|nothing special|neither good nor bad|it does its job|average at best|it is fine, no more"
kind(
    "Review ProductReview Feedback",
    "The review of {}",
    st("product item subject reviewed_item", thing),
    [
        f("rating stars score", "integer", count(1, 5, 0.4), "gives {} stars|ends with {} out of 5|has a rating of {}"),
        enum("sentiment tone opinion mood", positive="is full of praise|says: " + _LOVE.replace("|", "|says: "), negative="is full of complaints|says: " + _HATE.replace("|", "|says: "), neutral="is neither warm nor cold|says: " + _SO.replace("|", "|says: ")),
        st("reviewer author user written_by", person, "was written by {}|comes from {}|is signed by {}"),
        st("date reviewed_on review_date", date, "was posted on {}|dates from {}"),
        yes("recommended recommends would_recommend", "recommends it|says that others should buy it", "does not recommend it|advises against it"),
        f("helpful_votes votes likes", "integer", count(2, 800), "was found helpful by {} readers|has {} votes"),
        yes("verified verified_purchase", "is a verified purchase|is verified", "is not verified"),
    ],
    '{reviewer} gave the {product} {rating} stars|{rating}/5 for the {product}|"{product}": {rating} stars, written by {reviewer}|I give the {product} {rating} out of 5|{reviewer} on the {product}, {date}: {rating} stars',
)
kind(
    "Weather WeatherReport Forecast",
    "The weather in {}|The forecast for {}",
    st("city place location town", city),
    [
        f("temperature temp degrees temperature_c", "number", decimal(-25, 40), "shows {} degrees|brings {} °C|is at {} °C"),
        f("humidity humidity_percent", "integer", count(10, 99, 0), "has a humidity of {}%|comes with {} percent humidity"),
        f("wind wind_speed wind_kmh", "number", decimal(1, 120), "has winds of {} km/h|brings wind at {} km/h"),
        word("condition sky conditions weather", "sunny|cloudy|rainy|snowy|foggy|stormy", "is {}|will be {}|stays {}"),
        st("day date", date, "is that of {}|holds for {}"),
        f("rain_mm rain rainfall", "number", decimal(0, 80), "brings {} mm of rain"),
    ],
    "In {city} it is {condition} with {temperature} degrees|{city}: {temperature} °C, {condition}, humidity {humidity}%|It will be {condition} in {city} on {day}|{temperature} degrees in {city}, wind {wind} km/h|On {day} {city} had {rain_mm} mm of rain|Right now {city} has {temperature}°C and {humidity}% humidity",
)
kind(
    "Recipe Dish MealPlan",
    "{}|The recipe {}",
    st(
        "name dish title recipe_name",
        lambda r: r.choice(
            (
                f"{r.choice(words.FOODS)} with {r.choice(words.FOODS)}",
                f"{words.invented(r)} {r.choice(('soup', 'pie', 'stew', 'salad', 'curry', 'cake'))}",
                f"{first_name(r)}'s {r.choice(words.FOODS)} {r.choice(('soup', 'pie', 'bake', 'salad'))}",
                f"{r.choice(words.ADJ)} {r.choice(words.FOODS)} {r.choice(('soup', 'pie', 'salad', 'bread'))}",
            )
        ),
    ),
    [
        f("servings serves portions people", "integer", count(2, 12, 0.5), "serves {}|is enough for {} people|makes {} portions"),
        f("minutes prep_time_minutes time_minutes cooking_time", "integer", count(5, 240), "takes {} minutes|is ready in {} minutes"),
        f("calories kcal energy", "integer", count(80, 1200, 0), "has {} calories|comes to {} kcal"),
        yes("vegan is_vegan", "is vegan|contains no animal products", "is not vegan|contains butter"),
        yes("spicy is_spicy hot", "is spicy|is very hot on the tongue", "is mild|is not spicy"),
        enum("difficulty level", easy="is easy|is simple to make", hard="is hard to make|is difficult", medium="is of medium difficulty"),
        f("ingredients needs", "array", many(lambda r: r.choice(words.FOODS), 5), "needs {}|is made of {}|contains {}"),
        f("oven_temperature oven_degrees", "integer", count(120, 250, 0), "bakes at {} degrees|goes into the oven at {} °C"),
        st("cuisine origin_country", words.country, "comes from {}|is a classic of {}"),
    ],
    "{name} for {servings} people, ready in {minutes} minutes|To make {name}, bake it for {minutes} minutes at {oven_temperature} degrees|{name}: take {ingredients} and cook for {minutes} minutes|Cook the {name} {minutes} minutes, it serves {servings}",
)
kind(
    "Address Location DeliveryAddress",
    "{}|The parcel for {}",
    st("name recipient addressee", person),
    [
        st("street street_address address_line line1", street, "lives at {}|has moved to {}"),
        st("postcode zip postal_code zip_code", lambda r: r.choice((f"{r.randint(1, 99999):05d}", f"{r.randint(1000, 9999)}", f"{r.choice('ABCDEFNSW')}{r.randint(1, 9)} {r.randint(1, 9)}{r.choice('ABDEH')}{r.choice('ABDEH')}")), "has the postcode {}"),
        st("city town", city, "is in {}|lives in the town of {}"),
        st("country", words.country, "is in the country of {}"),
        f("floor", "integer", count(1, 40), "lives on floor {}"),
    ],
    "{name}, {street}, {postcode} {city}|{street}, {city}, {country}|{name}\n{street}\n{postcode} {city}\n{country}|Send it to {name}, {street}, {city}|My address is {street}, {postcode} {city}|The office is at {street} in {city}, {country}|{name} lives at {street} in {city}|We moved from Station Road to {street} in {city}",
    "The recipient|This person",
)
kind(
    "Trip Flight Journey TravelPlan TrainRide",
    "Flight {}|Train {}|Trip {}",
    st("flight_number number trip_id id", lambda r: f"{r.choice('ABEKLQSTU')}{r.choice('AFHKLRSX')}{r.choice(('', ' '))}{r.randint(10, 9999)}"),
    [
        st("origin from departure_city from_city start", city, "leaves from {}|departs from {}|starts in {}"),
        st("destination to arrival_city to_city", city, "goes to {}|lands in {}|is bound for {}"),
        st("passenger traveller name", person, "carries {}|is booked for {}"),
        st("date departure_date day", date, "leaves on {}|is on {}"),
        st("departure departure_time leaves", time, "takes off at {}|sets out at {}"),
        st("arrival arrival_time arrives", time, "gets there at {}|arrives at {}"),
        f("price fare ticket_price", "number", money(5, 1800), "costs {}|has a fare of {}"),
        st("seat seat_number", lambda r: f"{r.randint(1, 48)}{r.choice('ABCDEF')}", "comes with seat {}"),
        st("gate platform", lambda r: f"{r.choice('ABCD')}{r.randint(1, 60)}", "boards at gate {}"),
        f("delay_minutes delay late_by", "integer", count(2, 180), "is {} minutes late|is delayed by {} minutes"),
        word("travel_class cabin", "economy|business|first", "is in {} class"),
        yes("round_trip return_ticket", "is a return trip|includes the way back", "is one way only"),
        f("stops transfers", "integer", count(2, 6, 0.6), "has {} stops"),
    ],
    "{passenger} flies from {origin} to {destination} on {date}|From {origin} to {destination}, {date}, {departure}|I need a ticket to {destination} from {origin} on {date}|{passenger} takes the train to {destination} at {departure}|Book me a {travel_class} seat from {origin} to {destination}|We leave {origin} at {departure} and reach {destination} at {arrival}|{passenger} paid {price} for the trip to {destination}|Travelling to {destination} from {origin} costs {price}",
)
kind(
    "Match SportResult GameResult",
    "The match|The game",
    None,
    [
        st("home_team home team_a host_team", lambda r: r.choice((city(r), f"{city(r)} United", f"FC {words.invented(r)}", f"{words.place(r)} {r.choice(words.ANIMALS).capitalize()}s"))),
        st("away_team away team_b visiting_team", lambda r: r.choice((city(r), f"{city(r)} City", f"{words.invented(r)} FC", f"{words.place(r)} {r.choice(words.ANIMALS).capitalize()}s"))),
        f("home_score home_goals score_a", "integer", count(0, 9, 0)),
        f("away_score away_goals score_b", "integer", count(0, 9, 0)),
        f("spectators attendance viewers", "integer", count(50, 90000, 0), "was seen by {} people|drew {} spectators"),
        st("date played_on day", date, "was played on {}|took place on {}"),
        st("best_player man_of_the_match mvp", person, "had {} as its best player|made {} its player of the day"),
        st("referee", person, "was refereed by {}|had {} as referee"),
        st("stadium arena venue", lambda r: f"{words.invented(r)} {r.choice(('Arena', 'Park', 'Stadium', 'Dome'))}", "was held at {}|took place in {}"),
    ],
    "{home_team} - {away_team} {home_score}:{away_score}|{home_team} {home_score}, {away_team} {away_score}|{home_team} played {away_team} at home and it ended {home_score}-{away_score}|Final score: {home_team} {home_score} {away_team} {away_score}|At home, {home_team} met {away_team}: {home_score} to {away_score}",
    "The match|The game",
)
kind(
    "BugReport Issue Ticket SupportTicket",
    "Bug {}|Ticket {}|Issue {}",
    st("id ticket_id issue ticket number", code),
    [
        st(
            "title summary subject",
            lambda r: f"{r.choice(('crash', 'fault', 'blank page', 'slow loading', 'wrong total', 'missing icon', 'timeout', 'frozen screen'))} {r.choice(('in the', 'on the', 'after opening the', 'when closing the'))} {r.choice(('login page', 'cart', 'settings', 'export dialog', 'search box', 'user menu', 'report'))}",
            "is about a {}|describes a {}",
        ),
        enum("priority severity urgency", low="can wait|has low priority|is minor", high="needs a fix at once|has high priority|is urgent|is critical for us", medium="has medium priority|is of normal importance"),
        st("component module area", lambda r: r.choice("login checkout search export billing parser database printer mailer scheduler".split()), "lies in the {} module|concerns the component {}"),
        st("version app_version release", version, "appears in version {}|was seen with release {}"),
        st("reporter reported_by author", person, "was reported by {}|was filed by {}"),
        st("assignee assigned_to owner", person, "is assigned to {}|will be fixed by {}"),
        word("os platform operating_system", "Windows|Linux|macOS|Android|iOS", "happens on {}|occurs under {}"),
        enum("status state", open="is still open|has not been solved", closed="is closed|was closed yesterday"),
        yes("reproducible can_reproduce", "can be reproduced|happens every time", "cannot be reproduced|happened only once"),
        f("affected_users users_affected", "integer", count(2, 20000), "affects {} users|hits {} people"),
        f("error_code code", "integer", count(100, 999, 0), "shows error code {}|fails with code {}"),
        f("labels tags", "array", many(lambda r: r.choice("bug ui backend mobile docs security speed regression network".split()), 3), "is tagged {}|has the labels {}"),
    ],
    "{reporter} reports a {title} in version {version}|Since version {version} there is a {title} on {os}|{title} ({os}, {version}), assigned to {assignee}|{assignee} looks into the {title} that {reporter} found|After the update to {version} I see error code {error_code} on {os}",
)
kind(
    "Room Apartment RentalListing Flat",
    "Room {}|Apartment {}|Flat {}",
    st("number room room_number id", lambda r: r.choice((str(r.randint(1, 900)), f"{r.randint(1, 40)}{r.choice('ABC')}", f"{r.choice('ABC')}.{r.randint(1, 99)}"))),
    [
        f("area size_m2 square_metres area_sqm", "number", decimal(9, 240), "has {} square metres|measures {} m²|is {} sqm large"),
        f("rent monthly_rent price", "number", money(150, 4000), "costs {} a month|rents for {}|has a rent of {}"),
        f("bedrooms number_of_bedrooms", "integer", count(2, 6, 0.5), "has {} bedrooms"),
        f("floor storey level", "integer", count(2, 40, 0.1), "is on floor {}|lies on level {}"),
        f("seats capacity holds", "integer", count(4, 400), "seats {} people|has room for {} people"),
        yes("furnished is_furnished", "is furnished|comes with furniture", "is unfurnished|comes without furniture"),
        yes("balcony has_balcony", "has a balcony", "has no balcony"),
        yes("pets_allowed allows_pets", "allows pets|is open to pets", "does not allow pets|takes no pets"),
        st("landlord owner contact", person, "belongs to {}|is let by {}"),
        st("tenant renter", person, "is rented by {}|has {} as tenant"),
        st("city town", city, "is in {}|lies in {}"),
        f("amenities equipment", "array", many(lambda r: r.choice("projector whiteboard kitchen bath sofa desk dishwasher heating sauna screen".split())), "is equipped with {}|offers {}"),
    ],
    "{landlord} rents room {number} to {tenant} for {rent} a month|For rent: {bedrooms} bedrooms in {city}, {area} m², {rent}|Flat in {city} with {area} sqm and {bedrooms} bedrooms|Room {number} seats {seats} people|{tenant} pays {landlord} {rent} every month",
)
kind(
    "Car Vehicle UsedCar",
    "The {}|A {}|This {}",
    st("model car name model_name", lambda r: f"{words.invented(r)} {r.choice((words.invented(r, 1), str(r.randint(1, 9) * 100), 'GT', 'S', 'Combi', 'X' + str(r.randint(1, 9))))}"),
    [
        f("year model_year built", "integer", year(1960, 2026), "was built in {}|is from {}"),
        f("mileage km kilometres odometer", "integer", count(900, 300000, 0), "has done {} km|has {} kilometres on the clock"),
        f("price asking_price cost", "number", money(500, 70000), "costs {}|is for sale at {}"),
        st("plate license_plate registration", plate, "has the plate {}|is registered as {}"),
        word("fuel fuel_type", "petrol|diesel|electric|hybrid", "runs on {} power|is a {} car"),
        word("colour color", "red|green|blue|black|white|silver", "is {}|is painted {}"),
        f("doors", "integer", count(2, 5, 0.5), "has {} doors"),
        f("horsepower power hp", "integer", count(45, 500, 0), "has {} hp|delivers {} horsepower"),
        st("owner seller", person, "belongs to {}|is owned by {}"),
        yes("accident_free no_accidents", "has had no accident|is free of accidents", "was in an accident"),
        yes("automatic is_automatic", "has automatic gears|is an automatic", "has manual gears|is not an automatic"),
    ],
    "{colour} {model} from {year}, {mileage} km, {price}|{owner} sells a {model}, built in {year}, for {price}|{owner} drives a {colour} {model}, plate {plate}|For sale: {model} ({year}), {fuel}, {mileage} km",
)
kind(
    "Book Publication LibraryBook",
    '{}|"{}"|The book {}|The novel "{}"',
    st("title book name book_title", title),
    [
        st("author writer written_by author_name", person, "was written by {}|is by {}|is a work of {}"),
        f("pages page_count number_of_pages", "integer", count(40, 1400, 0), "has {} pages|runs to {} pages"),
        f("year published publication_year", "integer", year(1700, 2026), "appeared in {}|was published in {}|came out in {}"),
        st("publisher", company, "was published by {}|is printed by {}"),
        st("isbn", lambda r: f"978-{r.randint(0, 9)}-{r.randint(100, 9999)}-{r.randint(100, 9999)}-{r.randint(0, 9)}", "has the ISBN {}"),
        word("genre category kind", "thriller|romance|fantasy|biography|poetry|horror", "is a {} book|belongs to the genre {}"),
        f("price cost", "number", money(3, 90), "costs {}|is sold for {}"),
        yes("borrowed on_loan lent_out", "is on loan|is lent out", "is on the shelf|is not on loan"),
        st("translator translated_by", person, "was translated by {}"),
        st("language lang", lambda r: r.choice(words.LANGUAGES), "is written in {}|is in {}"),
        f("copies_sold copies", "integer", count(100, 900000, 0), "sold {} copies"),
    ],
    '{author} wrote "{title}" in {year}|"{title}" by {author} has {pages} pages|{title} ({year}), {author}, {pages} pp.|{author}: {title}, {publisher}, {year}|In {year} {publisher} printed "{title}" by {author}, translated by {translator}|I just read "{title}", a {genre} book by {author}',
)
kind(
    "Pet Animal Patient",
    "{}",
    st("name pet pet_name", first_name),
    [
        word("species animal kind", "dog|cat|rabbit|parrot|hamster|horse|goat", "is a {}|is our {}"),
        f("age age_years years", "integer", count(2, 25, 0.4), "is {} years old|is {}"),
        f("weight weight_kg kg", "number", decimal(0.1, 60), "weighs {} kg"),
        st("owner owner_name belongs_to", person, "belongs to {}|lives with {}"),
        st("breed race", lambda r: words.invented(r) + r.choice((" terrier", " shepherd", "", " longhair")), "is of the breed {}"),
        yes("vaccinated is_vaccinated", "is vaccinated|has had all shots", "is not vaccinated|still needs the shots"),
        st("chip chip_number", lambda r: str(r.randint(10**9, 10**12)), "has the chip {}"),
        st("food favourite_food", lambda r: r.choice(words.FOODS), "eats {} with joy|loves {}"),
    ],
    "{name} is a {age} year old {species} and belongs to {owner}|{owner} brought in {name}, a {species} of {weight} kg|{owner}'s {species} {name} is {age}|My {species} is called {name} and weighs {weight} kg|{name}, {species}, {age} years, owner {owner}",
)
kind(
    "Payment Transfer Transaction Expense",
    "Payment {}|Transaction {}|Transfer {}",
    st("reference id transaction_id payment_id", code),
    [
        st("sender payer from from_account paid_by", person, "was sent by {}|comes from {}"),
        st("recipient payee to receiver paid_to", person, "went to {}|was received by {}"),
        f("amount sum value", "number", money(1, 20000), "is over {}|has a value of {}"),
        f("fee charge", "number", money(1, 30), "cost a fee of {}"),
        st("date booked_on paid_on", date, "was booked on {}|was made on {}"),
        word("method paid_with payment_method", "cash|card|cheque|transfer", "was made by {}"),
        word("category purpose", "rent|food|travel|salary|insurance|gift", "is for {}|falls under {}"),
        st("note message memo", remark, 'carries the note "{}"'),
        st("iban account account_number", lambda r: f"{r.choice(('DE', 'FR', 'PL', 'NL'))}{r.randint(10, 99)} {r.randint(1000, 9999)} {r.randint(1000, 9999)} {r.randint(10, 99)}", "went to the account {}"),
    ],
    "{sender} sent {amount} to {recipient}|{recipient} got {amount} from {sender}|{amount} from {sender} to {recipient} on {date}|Please transfer {amount} to {recipient}|{sender} paid {recipient} {amount} by {method}|I spent {amount} on {category} on {date}|{sender} owes {recipient} {amount}|{recipient} was paid {amount} by {sender} for {category}",
)
kind(
    "Shift WorkShift TimeEntry",
    "{}'s shift|The shift of {}",
    st("employee name worker who", person),
    [
        st("date day", date, "is on {}|falls on {}"),
        st("start start_time from begins", time, "starts at {}|begins at {}"),
        st("end end_time to ends", time, "ends at {}|is over at {}"),
        f("hours duration_hours hours_worked", "number", decimal(2, 14), "lasts {} hours|counts {} hours"),
        f("break_minutes pause", "integer", count(10, 90), "has a break of {} minutes"),
        st("place department station", lambda r: r.choice(("the kitchen", "the front desk", "hall 3", "ward B", "the night bar", "gate 12", "the warehouse")), "is at {}"),
        word("shift_type kind", "early|late|night", "is a {} shift"),
        f("hourly_rate wage", "number", money(8, 60), "pays {} an hour"),
        st("replaced_by substitute", person, "will be taken over by {}"),
    ],
    "{employee} works on {date} from {start} to {end}|{employee}: {date}, {start} - {end}|{employee} worked {hours} hours on {date}|On {date} {employee} starts at {start} and {replaced_by} takes over at {end}|{employee} took a {break_minutes} minute break and left at {end}",
)
kind(
    "SensorReading Measurement Sensor",
    "Sensor {}|The sensor {}|Device {}",
    st("sensor sensor_id device id", code),
    [
        f("temperature temp celsius", "number", decimal(-30, 120, 2), "reads {} °C|shows {} degrees"),
        f("pressure pressure_bar bar", "number", decimal(0.5, 40, 2), "measures {} bar|is under {} bar"),
        f("voltage volts", "number", decimal(1, 400, 2), "is at {} V|supplies {} volts"),
        f("battery battery_percent charge", "integer", count(2, 100, 0), "has {}% battery left|is charged to {} percent"),
        st("location position place", lambda r: r.choice((city(r), f"hall {r.randint(1, 9)}", f"the {r.choice(words.ADJ)} {r.choice(words.THINGS)}", f"tank {r.randint(1, 9)}")), "sits in {}|is mounted at {}"),
        st("time measured_at timestamp", time, "was read at {}"),
        yes("alarm is_alarm alert", "has raised an alarm|is in alarm", "has raised no alarm|is quiet"),
        enum("status state", ok="works normally|is fine", offline="is offline|cannot be reached"),
        f("interval_seconds interval", "integer", count(2, 3600), "reports every {} seconds"),
    ],
    "{sensor}: {temperature} °C, {pressure} bar, battery {battery}%|At {time} sensor {sensor} in {location} read {temperature} degrees|{location} reports {voltage} V at {time}|temp={temperature} pressure={pressure} battery={battery}",
)
kind(
    "DoctorVisit PatientVisit MedicalAppointment",
    "{}|The patient {}|Patient {}",
    st("patient name patient_name", person),
    [
        st("doctor physician seen_by", lambda r: f"Dr. {r.choice(words.LAST)}" if r.random() < 0.6 else person(r), "sees {}|is treated by {}|has an appointment with {}"),
        st("date appointment_date day", date, "comes on {}|has a visit on {}"),
        st("time at", time, "is expected at {}|comes in at {}"),
        st("symptom complaint reason", lambda r: r.choice("a sore throat|back pain|a headache|fever|a broken toe|itchy eyes|a cough|knee pain|a bad tooth".split("|")), "complains of {}|suffers from {}|comes because of {}"),
        f("age patient_age", "integer", count(2, 98, 0.1), "is {} years old"),
        f("pulse heart_rate bpm", "integer", count(45, 160, 0), "has a pulse of {}"),
        f("body_temperature temperature fever", "number", decimal(35, 41), "has a temperature of {} °C"),
        st("medicine drug prescription", lambda r: words.invented(r, 3), "takes {}|was given {}"),
        f("dose_mg dose", "integer", count(5, 900, 0), "gets a dose of {} mg"),
        yes("insured has_insurance", "is insured|has insurance", "is not insured|has no insurance"),
        st("allergy allergic_to", lambda r: r.choice(words.FOODS), "is allergic to {}|cannot have {}"),
        f("symptoms complaints", "array", many(lambda r: r.choice("fever|cough|headache|nausea|dizziness|rash|pain|fatigue".split("|")), 3), "has these symptoms: {}"),
    ],
    "{patient} has an appointment with {doctor} on {date} at {time}|{doctor} saw {patient}, {age}, because of {symptom}|{patient} takes {dose_mg} mg of {medicine}|{doctor} gave {patient} {medicine} for {symptom}|{patient} ({age}): {symptom}, {body_temperature} °C, pulse {pulse}",
    "The patient|This patient",
)
kind(
    "JobOffer JobPosting Vacancy Position",
    "The job of {}|The post as {}",
    st("title position job job_title role", lambda r: r.choice(("senior ", "junior ", "", "", "part-time ", "lead ")) + r.choice(words.JOBS)),
    [
        st("company employer firm", company, "is with {}|is offered by {}"),
        st("city location place", city, "is based in {}|is in {}"),
        f("salary pay yearly_salary", "integer", count(18000, 150000, 0), "pays {} a year|comes with a salary of {}"),
        f("experience_years years_of_experience", "integer", count(2, 12, 0.5), "needs {} years of experience|asks for {} years of practice"),
        yes("remote is_remote home_office", "can be done from home|is remote", "is on site only|is not remote"),
        f("hours_per_week weekly_hours", "integer", count(8, 42), "takes {} hours a week"),
        st("deadline apply_by", date, "is open until {}|must be applied for by {}"),
        f("skills requirements", "array", many(lambda r: r.choice("Python SQL welding patience Excel drawing French cooking Java sewing driving".split())), "requires {}|calls for {}"),
        word("contract contract_type", "permanent|temporary|freelance", "is a {} post"),
        f("holidays vacation_days", "integer", count(15, 40), "offers {} days of holiday"),
    ],
    "{company} is looking for a {title} in {city}|{company} in {city} hires a {title} for {salary} a year|{title} wanted at {company}, {hours_per_week} hours a week|We at {company} need a {title} with {experience_years} years of experience",
    "The job|This post",
)
kind(
    "Song Track Album MusicTrack",
    '{}|"{}"|The song "{}"',
    st("title song name track", title),
    [
        st("artist singer band performer", lambda r: r.choice((person(r), "The " + r.choice(words.THINGS).capitalize() + "s", words.thing_name(r))), "is sung by {}|is by {}|was recorded by {}"),
        st("album record", title, 'is on the album "{}"'),
        f("year released release_year", "integer", year(1950, 2026), "came out in {}|is from {}"),
        st("length duration", lambda r: f"{r.randint(1, 12)}:{r.randint(0, 59):02d}", "is {} long|runs for {}"),
        word("genre style", "rock|jazz|pop|folk|techno|classical", "is a {} piece|counts as {}"),
        f("bpm tempo", "integer", count(60, 190, 0), "has {} bpm"),
        f("plays streams", "integer", count(100, 5_000_000, 0), "has {} plays|was streamed {} times"),
        st("composer written_by", person, "was composed by {}"),
        yes("explicit", "is marked as explicit", "is not explicit"),
    ],
    '{artist} sang "{title}" in {year}|Play "{title}" by {artist}|{artist} - {title} ({year})|"{title}" by {artist}, from the album "{album}", {length}|Put on some {genre} by {artist}|{artist}\'s "{title}" was composed by {composer}',
)
kind(
    "Shipment Parcel Package Delivery",
    "Parcel {}|Shipment {}|Package {}|The parcel {}",
    st("tracking_number tracking id parcel_id", lambda r: f"{words.code(r)}{r.randint(100, 99999)}"),
    [
        st("recipient receiver to consignee", person, "is for {}|goes to {}|is addressed to {}"),
        st("sender from shipper", lambda r: company(r) if r.random() < 0.5 else person(r), "was sent by {}|comes from {}"),
        f("weight_kg weight kg", "number", decimal(0.1, 70, 2), "weighs {} kg|has a weight of {} kg"),
        st("destination city deliver_to", city, "travels to {}|has to get to {}"),
        st("carrier courier service", company, "is carried by {}|was handed to {}"),
        yes("fragile is_fragile", "is fragile|must be handled with care", "is not fragile"),
        yes("express is_express", "goes by express|is sent as express", "goes by normal post|is not express"),
        f("parcels boxes pieces", "integer", count(2, 60, 0.4), "consists of {} boxes"),
        st("eta arrival expected delivery_date", date, "should arrive on {}|is expected on {}"),
        enum("status state", in_transit="is on its way|is still on the road", delivered="has been delivered|was handed over", lost="is lost|cannot be found", returned="was sent back|went back to the sender"),
        st("contents content", thing, "contains a {}"),
        f("postage shipping_cost", "number", money(2, 90), "cost {} to send"),
    ],
    "{sender} sent a parcel of {weight_kg} kg to {recipient} in {destination}|{recipient} in {destination} waits for parcel {tracking_number} from {sender}|{carrier} brings {parcels} boxes to {destination} on {eta}|Ship a {contents} to {recipient}, {destination}",
)
_ROOMS = "kitchen|bedroom|bathroom|living room|garage|office|hall|attic|nursery|garden|cellar|dining room"
_DEV = "lamp|heater|fan|radio|blinds|oven|speaker|television|air conditioner|humidifier|ceiling light|coffee machine"
kind(
    "DeviceCommand SmartHomeCommand HomeAction",
    "The command",
    None,
    [
        st("device appliance target", lambda r: r.choice(_DEV.split("|"))),
        st("room where location", lambda r: r.choice(_ROOMS.split("|"))),
        f("level percent value brightness", "integer", count(2, 100, 0)),
        f("minutes delay_minutes after_minutes", "integer", count(2, 120)),
        word("action state command", "on|off"),
        f("degrees temperature target_temperature", "number", decimal(5, 30)),
        st("time at", time),
    ],
    "Turn the {device} in the {room} to {level} percent|Switch {action} the {device} in the {room}|Set the {device} to {level}%|Turn {action} the {room} {device} at {time}|In {minutes} minutes turn the {device} {action}|Please turn {action} the {device}|Set the {room} to {degrees} degrees|Dim the {device} in the {room} to {level} percent in {minutes} minutes|Could you switch the {device} {action} at {time}?|Keep the {device} in the {room} at {degrees} °C for {minutes} minutes",
)
kind(
    "Reminder Alarm Todo TodoItem",
    "The reminder",
    None,
    [
        st("task text what title reminder", task),
        st("date day when due", date, "is for {}"),
        st("time at due_time", time, "goes off at {}"),
        st("person assignee who", person, "is for {}"),
        enum("priority importance", high="is very important|is urgent", low="is not important|can wait"),
        yes("repeat recurring", "repeats every week|comes back every day", "is for once only"),
        st("place where", city, "is to be done in {}"),
    ],
    "Remind me to {task} on {date}|Remind {person} to {task} at {time}|{person} has to {task} by {date}|Don't let me forget to {task} at {time} on {date}|To do: {task}. Until {date}|At {time} {person} should {task}|Set a reminder for {date}, {time}: {task}",
)
kind(
    "Message Email ChatMessage SmsMessage",
    "The message",
    None,
    [
        st("sender from author", person, "was sent by {}"),
        st("recipient to receiver", person, "is for {}"),
        st("text body message content", remark, 'reads "{}"'),
        st("subject topic title", title, 'has the subject "{}"'),
        st("time sent_at", time, "was sent at {}"),
        yes("read is_read seen", "has been read", "has not been read|is unread"),
        f("attachments files", "integer", count(2, 12, 0.5), "has {} attachments"),
        word("channel via", "email|phone|fax|chat", "came by {}"),
    ],
    'Tell {recipient} "{text}"|{sender} wrote to {recipient}: "{text}"|From: {sender}\nTo: {recipient}\nSubject: {subject}|Send {recipient} a message saying "{text}"|At {time} {sender} told {recipient}: "{text}"|{recipient} got a mail from {sender} about "{subject}"|{sender} → {recipient}: {text}',
)
_TOPICS = {
    "sports": "The {a} team won the final {n} to 2.|{p} ran the marathon in record time.|The coach wants a new striker.",
    "weather": "Heavy rain is expected in {c} tonight.|It will stay sunny until Friday.|The storm over {c} is moving north.",
    "food": "The soup at {p}'s place was salty.|Fry the onions, then add the {f}.|We baked bread with {f}.",
    "travel": "Our flight to {c} leaves at noon.|The hotel in {c} has a pool.|We took the night train to {c}.",
    "finance": "The bank raised its interest rates.|Shares of {o} fell by {n} percent.|My loan from {o} is paid back.",
    "health": "The doctor told {p} to rest.|A new vaccine is being tested in {c}.|My knee hurts when I run.",
    "technology": "The new phone has a faster chip.|{o} released an update of its software.|My laptop's battery is dead.",
    "politics": "Parliament in {c} passed the new law.|{p} was elected president.|The minister resigned after the vote.",
    "music": "The band played {n} songs in {c}.|{p}'s new album is out.|The violin was out of tune.",
    "billing": "I was charged twice for my order.|The invoice shows a wrong amount.|Please send me a receipt for the {n} euros.",
    "shipping": "My parcel has not arrived.|Where is the package you sent to {c}?|The box came damaged by the courier.",
}
_MOOD = {
    "positive": "I love the new {t}!|Thank you, {p} was so kind to us.|The {t} is wonderful.|Best trip ever, {c} is gorgeous!|What a great evening with {p}.|The staff were friendly and quick.|So happy with my {t}.",
    "negative": "The {t} is terrible.|I am so angry about the {t}.|{p} was rude to us.|Worst hotel in {c}.|The {t} broke on day {n}.|We waited {n} hours and nobody came.|I want a refund for this {t}.",
    "neutral": "The {t} arrived on Monday.|The {t} is {k}.|{p} works in {c}.|The shop in {c} opens at {n}.|There are {n} people in the hall.|The meeting is in {c}.",
}
_URGENT = {"high": "The server is down, help now!|Urgent: {p} needs the {t} today.|Fire alarm in {c}, please come at once!|We need an answer immediately.", "low": "No hurry, but the {t} could be cleaned.|Whenever you have time, look at the {t}.|Some day we could paint the {t} {k}."}
_TONGUES = {
    "English": "Where is the station?|The house is very old.|We will come tomorrow.|I have two brothers.",
    "German": "Wo ist der Bahnhof?|Das Haus ist sehr alt.|Wir kommen morgen.|Ich habe zwei Brüder.",
    "French": "Où est la gare ?|La maison est très vieille.|Nous venons demain.|J'ai deux frères.",
    "Spanish": "¿Dónde está la estación?|La casa es muy vieja.|Venimos mañana.|Tengo dos hermanos.",
    "Italian": "Dov'è la stazione?|La casa è molto vecchia.|Veniamo domani.|Ho due fratelli.",
    "Polish": "Gdzie jest dworzec?|Dom jest bardzo stary.|Przyjdziemy jutro.|Mam dwóch braci.",
    "Dutch": "Waar is het station?|Het huis is heel oud.|Wij komen morgen.|Ik heb twee broers.",
}


# -- one record ---------------------------------------------------------------------------------


@dataclass
class Told:
    """A text, and what it says: key, schema of the value, value."""

    names: tuple[str, ...]
    text: str
    values: dict[str, Any]
    schema: dict[str, dict[str, Any]]
    about: str = ""  # the subject, where the text is about two


def schema_of(x: Field) -> dict[str, Any]:
    if x.type == "enum":
        return {"type": "string", "enum": list(x.choices)}
    return {"type": "array", "items": {"type": "string"}} if x.type == "array" else {"type": x.type}


def cap(text: str) -> str:
    return text[:1].upper() + text[1:]


def predicate(r: Random, x: Field, drawn: Said) -> str:
    said, value = drawn
    if x.type == "boolean":
        return r.choice(x.choices["yes" if value else "no"])
    if x.type == "enum":
        return r.choice(x.choices[value])
    return r.choice(x.said).replace("{}", said)


def label(x: Field, drawn: Said, key: str) -> str:
    said, value = drawn
    shown = ("yes" if value else "no") if x.type == "boolean" else value if x.type == "enum" else said
    return f"{cap(key.replace('_', ' '))}: {shown}"


def story(r: Random, k: Kind, chosen: list[str], opening: str, drawn: dict[str, Said], keys: dict[str, str], lined: bool) -> str:
    if lined:
        order = list(chosen)
        if r.random() < 0.3:
            r.shuffle(order)
        return r.choice(("\n", "\n", "; ", ", ", " | ")).join(label(k.fields[n], drawn[n], keys[n] if r.random() < 0.5 else r.choice(k.fields[n].keys[:3])) for n in order)
    rest = [n for n in chosen if "{" + n + "}" not in opening and (k.subject is None or n != k.subject.keys[0])]
    r.shuffle(rest)
    text = ""
    if opening:
        text = re.sub(r"\{(\w+)\}", lambda m: drawn[m[1]][0], opening)
        text += "" if text[-1] in "?!." else "." if r.random() < 0.93 or rest else ""
    named = k.subject is not None and k.subject.keys[0] in chosen
    first = not opening
    preds = [predicate(r, k.fields[n], drawn[n]) for n in rest]
    if first and not preds:
        preds = ["is the one to note"] if named else []
    while preds:
        some, preds = preds[: (size := r.choice((1, 1, 2, 2, 3)))], preds[size:]
        who = r.choice(k.subjects).replace("{}", drawn[k.subject.keys[0]][0]) if first and named else r.choice(k.bare) if first or r.random() < 0.75 else ""
        also = "also " if not first and r.random() < 0.1 and not some[0].startswith(("is ", "was ", "has ", "can", "does", "will", "must", "should")) else ""
        body = some[0] if len(some) == 1 else ", ".join(some[:-1]) + r.choice((" and ", " and ", ", and ", " and ")) + some[-1]
        text += (" " if text else "") + (f"{who} {also}{body}" if who else cap(body)) + "."
        first = False
    return text


def from_kind(r: Random, k: Kind) -> Told:
    opening = r.choice(k.openings) if k.openings and (r.random() < 0.5 or not any(x.said for x in k.fields.values() if x is not k.subject) or k.subject is None) else ""
    slots = re.findall(r"\{(\w+)\}", opening)
    free = [n for n, x in k.fields.items() if x.said and n not in slots]
    extra = r.sample(free, min(len(free), r.choice((0, 0, 1, 1, 2, 3)) if opening else r.choice((1, 2, 2, 3, 4))))
    lists = [n for n in free if k.fields[n].type == "array" and n not in extra]
    listing = bool(lists) and r.random() < 0.2
    chosen = slots + extra + (lists[:1] if listing else [])
    if not opening and k.subject is not None and r.random() < 0.9:
        chosen.insert(0, k.subject.keys[0])
    drawn: dict[str, Said] = {}
    for n in chosen:
        x = k.fields[n]
        for _ in range(4):
            drawn[n] = x.draw(r)
            if x.type != "string" or drawn[n][1] not in [v for m, (_, v) in drawn.items() if m != n]:
                break
    if "Review" in k.names:  # stars, mood and advice agree
        stars = drawn["rating"][1] if "rating" in drawn else 5 if r.random() < 0.5 else 1
        mood = "negative" if stars < 3 else "positive" if stars > 3 else "neutral"
        drawn.update({n: ("", v) for n, v in (("sentiment", mood), ("recommended", stars > 3)) if n in drawn})
    keys: dict[str, str] = {}
    for n in chosen:
        every = [key for key in k.fields[n].keys if key not in keys.values()]
        # names that belong to another field of the same kind would not tell which is meant
        every = [key for key in every if not any(key in k.fields[m].keys for m in chosen if m != n)] or [n]
        keys[n] = every[0] if r.random() < 0.45 else r.choice(every)
    lined = r.random() < 0.08
    text = story(r, k, chosen, opening, drawn, keys, lined)
    about = ""
    name = k.subject.keys[0] if k.subject else ""
    if name in chosen and not lined and r.random() < 0.12:  # a second one of its kind
        other = [n for n in chosen if k.fields[n].said] + [name]
        also = {n: k.fields[n].draw(r) for n in other}
        if also[name][0] not in text and drawn[name][0] not in str(also):
            second = story(r, k, other, "", also, keys, False)
            text, about = (f"{text} {second}" if r.random() < 0.6 else f"{second} {text}"), drawn[name][0]
    wanted = r.sample(chosen, min(len(chosen), r.choice((1, 2, 2, 3, 3, 4, 5))))
    if listing and lists[0] not in wanted:
        wanted[-1] = lists[0]
    if r.random() < 0.7:
        wanted.sort(key=chosen.index)
    return Told(k.names, text, {keys[n]: drawn[n][1] for n in wanted}, {keys[n]: schema_of(k.fields[n]) for n in wanted}, about)


def classified(r: Random) -> Told:
    """A sentence and its classes."""
    fills = {"p": first_name(r), "c": city(r), "t": r.choice(words.THINGS), "n": str(r.randint(3, 30)), "f": r.choice(words.FOODS), "o": company(r), "k": r.choice(words.COLOURS), "a": r.choice(words.ADJ)}
    about = r.choice(("topic", "sentiment", "sentiment", "urgency", "language"))
    table, keys = {"topic": (_TOPICS, ("topic", "category", "subject", "theme")), "sentiment": (_MOOD, ("sentiment", "tone", "mood", "label", "feeling")), "urgency": (_URGENT, ("urgency", "priority", "importance")), "language": (_TONGUES, ("language", "lang", "written_in"))}[about]
    value = r.choice(list(table))
    text = re.sub(r"\{(\w)\}", lambda m: fills[m[1]], r.choice(table[value].split("|")))
    options = r.sample(sorted(table), r.randint(min(3, len(table)), min(5, len(table)))) if about in ("topic", "language") else list(table)
    if value not in options:
        options[0] = value
    key = r.choice(keys)
    values: dict[str, Any] = {key: value}
    schema: dict[str, dict[str, Any]] = {key: {"type": "string", "enum": options}}
    if about == "urgency" and r.random() < 0.4:
        values, schema = {"urgent": value == "high"}, {"urgent": {"type": "boolean"}}
    if about in ("sentiment",) and value != "neutral" and r.random() < 0.25:
        extra = r.choice(("positive", "is_positive", "happy", "satisfied", "complaint", "negative"))
        values[extra] = (value == "positive") != (extra in ("complaint", "negative"))
        schema[extra] = {"type": "boolean"}
    for extra, letter, keys2 in (("person", "p", ("person", "name")), ("place", "c", ("city", "place", "location"))):
        if fills[letter] in text and about in ("topic", "sentiment") and r.random() < 0.5:
            key2 = r.choice(keys2)
            values[key2], schema[key2] = fills[letter], {"type": "string"}
    return Told((r.choice(("Classification", "Label", "Sentence", "Analysis", cap(about), "TextInfo")),), text, values, schema)


_ROLES = "driver coach manager witness teacher nurse pilot baker judge captain owner editor guard cook clerk mayor tailor porter guide treasurer chairman secretary singer drummer winner loser bride groom buyer seller landlord tenant lender borrower host guest plaintiff mentor student caller sponsor inspector supervisor".split()


def roles(r: Random) -> Told:
    """Several people: the key tells which."""
    some = r.sample(_ROLES, r.randint(2, 4))
    named = {x: person(r) if r.random() < 0.7 else first_name(r) for x in some}
    form = r.choice(("the {k} is {v}", "the {k} is {v}", "{v} is the {k}", "{v} was the {k}", "the {k} was {v}", "{v} came as {k}", "our {k} is called {v}"))
    lines = [(form if r.random() < 0.7 else r.choice(("the {k} is {v}", "{v} is the {k}"))).replace("{k}", k).replace("{v}", v) for k, v in named.items()]
    r.shuffle(lines)
    text = ". ".join(x if x.startswith(tuple(named.values())) else cap(x) for x in lines) + "." if r.random() < 0.5 else (lines[0] if lines[0].startswith(tuple(named.values())) else cap(lines[0])) + "".join(f", {x}" for x in lines[1:-1]) + f" and {lines[-1]}."
    wanted = r.sample(some, r.randint(1, len(some)))
    keys = {k: r.choice((k, k, f"{k}_name", f"name_of_{k}")) for k in wanted}
    return Told((r.choice(("People", "Roles", "Cast", "Staff", "Crew")),), text, {keys[k]: named[k] for k in wanted}, {keys[k]: {"type": "string"} for k in wanted})


def counts(r: Random) -> Told:
    """Several numbers: the key tells which."""
    stock = r.choice(([x + "s" for x in words.THINGS if x[-1] not in "sxyh"], [x + "s" for x in words.ANIMALS if x[-1] not in "sxyhfe" and x not in ("deer", "sheep", "goose", "mouse")], "adults children seats tables windows doors goals points rooms cars bikes tickets calls letters errors tests pages chapters".split()))
    some = r.sample(stock, r.randint(2, 5))
    draw = count(2, r.choice((20, 99, 999, 9999)), 0.3)
    n = {x: draw(r) for x in some}
    items = [f"{n[x][0]} {x}" for x in some]
    body = ", ".join(items[:-1]) + " and " + items[-1]
    who = first_name(r)
    text = r.choice((f"{who} counted {body}.", f"There are {body} in {city(r)}.", f"{who} has {body}.", f"In the hall we found {body}.", f"{cap(body)}.", f"The farm of {person(r)} has {body}.", f"On {date(r)} there were {body}.", f"{who} wants to buy {body}."))
    wanted = r.sample(some, r.randint(1, min(4, len(some))))
    keys = {x: r.choice((x, x, x, f"number_of_{x}", f"{x}_count", f"n_{x}")) for x in wanted}
    return Told((r.choice(("Counts", "Inventory", "Stock", "Numbers")),), text, {keys[x]: n[x][1] for x in wanted}, {keys[x]: {"type": "integer"} for x in wanted})


def properties(r: Random) -> Told:
    """Any nouns with any values."""
    some = r.sample(words.NOUNS, r.randint(2, 5))
    drawn: dict[str, tuple[str, Said]] = {}
    for x in some:
        numeric = bool(re.search(r"price|cost|number|speed|count|hours|rate|fee|height|depth|weight|length|budget|total|altitude|age$|population|temperature|voltage|output|time$|turnover|tuition|wingspan|prize", x)) or r.random() < 0.25
        if numeric:
            drawn[x] = r.choice((("integer", count(2, 99999, 0.1)(r)), ("number", decimal(1, 900, 2)(r))))
        else:
            drawn[x] = ("string", s(r.choice((thing, words.thing_name, person, city, code, date, title, words.invented)))(r))
    form = r.choice(("the {k} is {v}", "the {k} is {v}", "its {k} is {v}", "{k}: {v}", "{k} = {v}", "it has {v} as its {k}"))
    head = r.choice((f"About {words.thing_name(r)}: ", "", "", f"{words.invented(r)}: ", f"In {city(r)} "))
    lines = [form.replace("{k}", x.replace("_", " ")).replace("{v}", drawn[x][1][0]) for x in some]
    text = head + r.choice((", ", "; ", " and ", "\n") if ":" in form or "=" in form or r.random() < 0.5 else (", ", " and ")).join(lines) + r.choice((".", "."))
    text = text if head else cap(text)
    wanted = r.sample(some, r.randint(1, min(4, len(some))))
    return Told((r.choice(("Properties", "Info", "Data", "Entry", "Facts", "Thing")),), text, {x: drawn[x][1][1] for x in wanted}, {x: {"type": drawn[x][0]} for x in wanted})


def styled(r: Random, told: Told) -> Told:
    """The keys in one of the ways that programs write them."""
    roll = r.random()

    def one_key(key: str) -> str:
        parts = key.split("_")
        if roll < 0.2:
            return parts[0] + "".join(p.capitalize() for p in parts[1:])
        if roll < 0.24:
            return "".join(p.capitalize() for p in parts)
        if roll < 0.27:
            return " ".join(parts)
        return "-".join(parts) if roll < 0.29 else key

    return Told(told.names, told.text, {one_key(k): v for k, v in told.values.items()}, {one_key(k): v for k, v in told.schema.items()}, told.about)


_NOISE = (
    "Thanks!",
    "Have a nice day.",
    "Hope you are well.",
    "Sorry for the delay.",
    "More news soon.",
    "This is message {n} of {m}.",
    "Please keep page {n} of the folder.",
    "It has been a long week.",
    "The printer has {n} sheets left.",
    "Yesterday I saw {m} birds on the roof.",
    "Sent from my phone.",
    "As we said last time.",
    "The coffee is cold again.",
    "We had {n} visitors in the shop.",
    "{who} will read this too.",
    "{who} from next door is {m} years old.",
    "Ask {who} if in doubt.",
)
_HELLO = ("Hi,", "Hello!", "Dear all,", "Good morning,", "Hey team,", "FYI:", "Just so you know:", "Note:", "Update:")


def noisy(r: Random, text: str) -> str:
    if r.random() < 0.14:
        line = r.choice(_NOISE).format(n=r.randint(2, 30), m=r.randint(31, 90), who=first_name(r))
        text += "" if text[-1] in ".!?" else "\n" if "\n" in text else "."
        text = f"{text} {line}" if r.random() < 0.6 else f"{line} {text}"
    return f"{r.choice(_HELLO)} {text}" if r.random() < 0.07 else text


def draw(r: Random) -> Told:
    roll = r.random()
    told = classified(r) if roll < 0.09 else roles(r) if roll < 0.15 else counts(r) if roll < 0.21 else properties(r) if roll < 0.32 else from_kind(r, KINDS[0] if r.random() < 0.1 else r.choice(KINDS))
    told = styled(r, told)
    told.text = noisy(r, told.text)
    return told


if __name__ == "__main__":
    for seed in range(12):
        print(draw(Random(seed)), "\n----")
