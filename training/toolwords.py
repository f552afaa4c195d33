"""The words of unseen tools: kinds of arguments with the ways in which people say them, and tools of many trades.

A pattern is a small grammar: `(a|b)` is one of them, `[..]` stands only where all arguments in it are given, `{city}` is an
argument as it is said. A pattern without a question mark is an order, and gets a frame (`Could you ...?`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

import words

PEOPLE = """Łukasz Żak|Ørjan Bråten|Søren Ågård|José Muñoz|Zoë Çelik|Μαρία Νίκου|Γιώργος Δήμου|Иван Петров|Ольга Зайцева|Тарас Шевчук|李娜|王小明|陈静|田中一郎|さくら|김민준|박서연|سارة علي|يوسف حداد|דוד לוי|נועה כהן|
नीना शर्मा|रवि कुमार|Đặng Thị Hoa|Þóra Ólafsdóttir|Jürgen Groß|Anaïs Lefèvre|Ștefan Ionescu|Věra Dvořáková|Gülşen Yıldız|Siân Llŷr|Mārtiņš Bērziņš|Chloë O'Neill|Jean-Luc Béart|สมชาย ใจดี""".replace("\n", "").split("|")
PLACES = """Łódź|São Paulo|Zürich|Kraków|Malmö|İzmir|Tromsø|Reykjavík|Gdańsk|Málaga|Besançon|Győr|Plzeň|Târgu Mureș|Αθήνα|Θεσσαλονίκη|Москва|Київ|София|القاهرة|بيروت|תל אביב|חיפה|東京|大阪|北京|成都|서울|부산|मुंबई|जयपुर|Đà Nẵng|Århus|
New Delhi|Rio de Janeiro|Mexico City|Stratford-upon-Avon|Los Angeles|St. Gallen|L'Aquila|Nîmes|Čačak|Šiauliai""".replace("\n", "").split("|")
LINES = """See you at the gate!|Running late, start without me.|Danke für die Blumen!|Happy birthday 🎉|Merci pour tout|Ça va ?|¿Dónde estás?|Привет, как дела?|Καλημέρα σας|お元気ですか|今天很冷|감사합니다|शुभ रात्रि|شكرا جزيلا|שלום לכולם|
The invoice is attached.|Can we meet later?|Please call back|We ran out of milk|I quit|Lunch is ready 🍕|Don't forget the keys|Gate 4, not gate 5|Good luck!|Where is the nearest exit?|It's too loud in here|Thanks, got it|No news today|The lift is broken again|Świetnie, dziękuję!|Até amanhã""".replace("\n", "").split(
    "|"
)


def person(r: Random) -> str:
    return r.choice(PEOPLE) if r.random() < 0.18 else words.person(r, r.choice("sh"))


def city(r: Random) -> str:
    return r.choice(PLACES) if r.random() < 0.3 else words.place(r)


def text(r: Random) -> str:
    roll = r.random()
    if roll < 0.35:
        return r.choice(LINES)
    if roll < 0.5:
        return f"{words.phrase(r)} for {words.person(r, 's')}"
    if roll < 0.65:
        return f"The {r.choice(words.THINGS)} is {r.choice(words.ADJ)}{r.choice(('.', '!', ''))}"
    if roll < 0.8:
        return f"{r.choice(('Meet me in', 'Greetings from', 'Back from', 'Off to', 'Nothing new in'))} {city(r)}"
    return f"{r.choice(words.FOODS)}, {r.choice(words.FOODS)} and {r.choice(words.FOODS)}"


def title(r: Random) -> str:
    roll = r.random()
    if roll < 0.45:
        return words.thing_name(r)
    if roll < 0.7:
        return f"{r.choice(words.ADJ)} {r.choice(words.THINGS)}"
    if roll < 0.85:
        return f"{r.choice(words.SUBJECTS).capitalize()} {r.choice(('review', 'class', '101', 'notes', 'night', 'update', 'plan', 'budget'))}"
    return f"{r.choice(('call', 'meet', 'visit', 'thank', 'pay', 'ask'))} {words.person(r, 'h')}"


def day(r: Random) -> str:
    d, m, y = r.randint(1, 28), r.randint(1, 12), r.randint(2024, 2031)
    month = words.MONTHS[m - 1]
    return r.choice((f"{y}-{m:02d}-{d:02d}", f"{y}-{m:02d}-{d:02d}", f"{d} {month}", f"{month} {d}", f"{d} {month} {y}", f"{month} {d}, {y}", f"{d:02d}.{m:02d}.{y}", f"{m}/{d}/{y}", "today", "tomorrow", f"next {r.choice(DAYS)}", r.choice(DAYS), "tonight", "next week", "this weekend"))


DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()


def clock(r: Random) -> str:
    h, m = r.randint(0, 23), r.choice((0, 0, 15, 30, 45, 5, 20, 50))
    return r.choice((f"{h:02d}:{m:02d}", f"{h:02d}:{m:02d}", f"{h % 12 + 1} {r.choice(('am', 'pm'))}", f"{h % 12 + 1}{r.choice(('am', 'pm'))}", "noon"))


def path(r: Random) -> str:
    stem = r.choice((r.choice(words.THINGS), words.invented(r).lower(), f"{r.choice(words.NOUNS)}_{r.randint(1, 2030)}", f"{r.choice(words.ADJ)}-{r.choice(words.THINGS)}"))
    return r.choice(("", "", "docs/", "src/", "/tmp/", "data/", "~/", "photos/2025/", "reports/")) + stem + r.choice((".txt", ".csv", ".md", ".py", ".json", ".pdf", ".png", ".log", ".docx", ".mp3", ".yaml", ""))


def mail(r: Random) -> str:
    plain = re.sub(r"[^a-z]", "", words.person(r, "s").split()[0].lower()) or "info"
    return f"{plain}{r.choice(('', '', str(r.randint(1, 99)), '.' + r.choice(words.LAST).lower().split('-')[0]))}@{re.sub('[^a-z]', '', words.invented(r).lower()) or 'post'}.{r.choice(('com', 'org', 'net', 'example', 'de', 'pl', 'io'))}"


def phone(r: Random) -> str:
    return r.choice((f"+{r.randint(20, 99)} {r.randint(100, 999)} {r.randint(1000, 99999)}", f"0{r.randint(100, 999)} {r.randint(10000, 999999)}", f"555-{r.randint(100, 9999):04d}"))


def code(r: Random) -> str:
    return r.choice((words.code(r), words.code(r), f"{r.choice('ABCDEFGHKLMRSTX')}{r.randint(100, 99999)}", f"{r.randint(0, 0xFFFFFF):06x}", f"{r.choice(('ORD', 'INV', 'TKT', 'CUS', 'PRJ', 'EMP', 'REF', 'SKU'))}-{r.randint(1, 99999)}"))


def formula(r: Random) -> str:
    table, column = r.choice(words.THINGS) + "s", r.choice(words.NOUNS)
    return r.choice((f"SELECT {column} FROM {table}", f"SELECT * FROM {table} WHERE {column} > {r.randint(1, 99)}", f"{column}:{r.choice(words.ADJ)} AND {table}", f"status = {r.choice(('open', 'done', 'new'))}", f"{table}.{column}"))


def topic(r: Random) -> str:
    return r.choice((words.phrase(r), words.invented(r), f"{r.choice(words.SUBJECTS)}", f"{r.choice(words.FOODS)} {r.choice(('soup', 'salad', 'pie', 'prices'))}", f"{r.choice(words.JOBS).replace('-', ' ')} in {city(r)}", words.thing_name(r)))


Said = tuple[Any, str]


def _same(draw: Callable[[Random], str]) -> Callable[[Random], Said]:
    def drawn(r: Random) -> Said:
        value = draw(r)
        return value, value

    return drawn


def _number(low: int, high: int) -> Callable[[Random], Said]:
    def drawn(r: Random) -> Said:
        n = r.randint(low, high if r.random() < 0.6 else max(low + 1, min(high, low + 12)))
        if n <= 20 and r.random() < 0.25:
            return n, words.in_words(n)
        return n, f"{n:,}" if n >= 1000 and r.random() < 0.15 else str(n)

    return drawn


def _year(r: Random) -> Said:
    y = r.randint(1900, 2030)
    return y, str(y)


def _ident(r: Random) -> Said:
    n = r.randint(1, r.choice((9, 99, 999, 9999, 99999, 9999999)))
    return n, str(n)


def _decimal(low: float, high: float, digits: int) -> Callable[[Random], Said]:
    def drawn(r: Random) -> Said:
        x = r.randint(int(low), int(high)) if r.random() < 0.35 else round(r.uniform(low, high), digits)
        return x, str(x)

    return drawn


def _several(draw: Callable[[Random], str]) -> Callable[[Random], Said]:
    def drawn(r: Random) -> Said:
        items = list(dict.fromkeys(draw(r) for _ in range(r.choice((1, 2, 2, 3, 3, 4)))))
        return items, items[0] if len(items) == 1 else f"{', '.join(items[:-1])}{r.choice((' and ', ' and ', ', '))}{items[-1]}"

    return drawn


@dataclass(frozen=True)
class Kind:
    """A kind of argument: its names, its type, a value as (value, as it is said), and how it hangs on a sentence."""

    names: tuple[str, ...]
    type: str  # string, integer, number, boolean, enum, array
    draw: Callable[[Random], Said] | None
    said: tuple[str, ...]
    choices: tuple[str, ...] = ()


def _k(names: str, type: str, draw: Callable[[Random], Said] | None, said: str, choices: str = "") -> Kind:
    split = tuple(said.split(";") if type == "boolean" else said.split("|"))
    return Kind(tuple(names.split()), type, draw, split, tuple(c.strip() for c in choices.split(",")) if choices else ())


KINDS: dict[str, Kind] = {
    "city": _k("city place location town where area", "string", _same(city), "in {v}|in {v}|for {v}"),
    "from": _k("from origin source start departure from_city", "string", _same(city), "from {v}|starting in {v}|leaving from {v}"),
    "to": _k("to destination target end arrival to_city", "string", _same(city), "to {v}|towards {v}"),
    "country": _k("country nation land", "string", _same(words.country), "in {v}|for the country {v}"),
    "recipient": _k("to recipient receiver addressee send_to", "string", _same(person), "to {v}"),
    "owner": _k("owner name customer author assignee customer_name full_name user", "string", _same(person), "under the name {v}|on behalf of {v}|in the name of {v}"),
    "with": _k("with partner companion attendee participant", "string", _same(person), "with {v}|together with {v}"),
    "email": _k("email address mail email_address to", "string", _same(mail), "using the address {v}|with the e-mail address {v}|(e-mail: {v})"),
    "phone": _k("phone number phone_number mobile tel", "string", _same(phone), "with the phone number {v}|(phone {v})"),
    "title": _k("title name label subject heading summary", "string", _same(title), 'called {v}|called "{v}"|named {v}|with the title "{v}"|titled \'{v}\''),
    "text": _k("text message content body comment note description", "string", _same(text), 'saying "{v}"|with the text "{v}"|that reads "{v}"|saying \'{v}\'|with this text: "{v}"'),
    "date": _k("date day when on due_date start_date", "string", _same(day), "on {v}|for {v}|({v})"),
    "time": _k("time hour at start_time clock", "string", _same(clock), "at {v}|from {v} on"),
    "id": _k("id number reference record_id ref no", "integer", _ident, "number {v}|no. {v}|with id {v}|#{v}|with the number {v}"),
    "code": _k("code reference sku key serial tracking_code identifier", "string", _same(code), "with the code {v}|{v}|with the reference {v}|(ref {v})"),
    "count": _k("count quantity amount copies n how_many qty units", "integer", _number(2, 200), "{v} times|{v} of them|{v} pieces|quantity {v}"),
    "limit": _k("limit max_results top top_k page_size max", "integer", _number(2, 50), "at most {v} results|(only the first {v})|no more than {v}"),
    "people": _k("people guests seats persons party_size passengers adults", "integer", _number(2, 40), "for {v} people|for {v} guests|for {v} persons|for a party of {v}"),
    "nights": _k("nights stay days", "integer", _number(2, 21), "for {v} nights|staying {v} nights"),
    "minutes": _k("minutes duration length duration_minutes mins", "integer", _number(2, 240), "for {v} minutes|lasting {v} minutes|({v} min)"),
    "year": _k("year season edition", "integer", _year, "from {v}|of the year {v}"),
    "price": _k("price budget max_price cost amount total", "number", _decimal(1, 900, 2), "for {v} euros|for ${v}|for at most {v} dollars|up to {v} pounds|for €{v}"),
    "weight": _k("weight kg weight_kg mass", "number", _decimal(1, 90, 1), "weighing {v} kg|of {v} kilograms"),
    "degrees": _k("temperature degrees target celsius value", "number", _decimal(-20, 40, 1), "at {v} degrees|to {v} degrees|set to {v} °C"),
    "percent": _k("percent level brightness volume percentage", "integer", _number(1, 100), "at {v}%|to {v} percent|at {v} percent"),
    "value": _k("value amount quantity number x", "number", _decimal(1, 5000, 2), "with the value {v}|for {v}"),
    "path": _k("path file filename source file_path", "string", _same(path), "at {v}|in {v}|from `{v}`"),
    "query": _k("query q search keywords term topic search_term", "string", _same(topic), 'about {v}|on {v}|matching "{v}"'),
    "formula": _k("query sql statement filter expression", "string", _same(formula), 'with the query "{v}"|using `{v}`|with "{v}"'),
    "tags": _k("tags labels keywords categories", "array", _several(lambda r: r.choice((r.choice(words.ADJ), r.choice(words.SUBJECTS), r.choice(words.THINGS)))), "tagged {v}|with the tags {v}|labelled {v}"),
    "names": _k("names members attendees participants invitees people", "array", _several(person), "with {v}|and invite {v}"),
    "items": _k("items products ingredients list things", "array", _several(lambda r: r.choice(words.FOODS + words.THINGS)), "with {v}|containing {v}"),
    "urgent": _k("urgent express priority rush", "boolean", None, "urgently|without any hurry;as express|not as express;it's urgent|it's not urgent"),
    "private": _k("private secret hidden is_private confidential", "boolean", None, "and keep it private|and make it public;privately|visible to all;it must stay secret|it need not stay secret"),
    "notify": _k("notify send_notification alert notify_me inform", "boolean", None, "and notify me|and don't notify me;with a notification|without a notification;let everybody know|don't tell anybody"),
    "confirm": _k("confirm confirmation ask_first", "boolean", None, "with a confirmation|without a confirmation;and ask me first|and don't ask me first"),
    "tax": _k("include_tax with_tax tax gross", "boolean", None, "including tax|excluding tax;with tax|without tax;tax included|before tax"),
    "details": _k("details verbose full include_details long", "boolean", None, "with all details|without details;in full|just in short"),
    "sugar": _k("sugar with_sugar sweet", "boolean", None, "with sugar|without sugar;sweetened|no sugar please"),
    "repeat": _k("repeat recurring loop weekly", "boolean", None, "and repeat it every week|just this once;repeating|not repeating"),
    "force": _k("force overwrite replace", "boolean", None, "even if it exists|but don't overwrite anything;overwriting the old one|without overwriting"),
    "colour": _k("colour color paint shade", "enum", None, "in {v}|coloured {v}|{v} ones", "red,green,blue,black,white,yellow,grey,orange,dark blue,light green,purple"),
    "size": _k("size format dimensions", "enum", None, "in size {v}|in {v}|({v} size)", "small,medium,large,tiny,huge,extra large,regular,family size"),
    "language": _k("language lang target_language to into", "enum", None, "in {v}|into {v}|to {v}", "French,German,Polish,Hindi,Turkish,Swahili,Greek,Spanish,Japanese,Arabic,Hebrew,Korean,Ukrainian,Welsh"),
    "level": _k("level priority importance severity urgency", "enum", None, "with {v} priority|{v} priority|priority {v}", "low,normal,medium,high,critical,very high"),
    "tempunit": _k("unit units scale temperature_unit", "enum", None, "in {v}|in degrees {v}|measured in {v}", "celsius,fahrenheit,kelvin"),
    "unit": _k("unit units measure system", "enum", None, "in {v}|measured in {v}", "metres,miles,litres,gallons,kilograms,pounds,feet,square metres,ounces"),
    "currency": _k("currency currency_code money", "enum", None, "in {v}|paid in {v}", "EUR,USD,GBP,JPY,CHF,PLN,SEK,INR,BRL"),
    "mode": _k("mode method kind speed", "enum", None, "in {v} mode|the {v} way", "fast,slow,quiet,safe,manual,automatic,eco,night,dry run,turbo"),
    "class": _k("class cabin travel_class seat_class", "enum", None, "in {v}|{v} class|flying {v}", "economy,business,first,premium economy"),
    "transport": _k("mode transport by travel_mode", "enum", None, "by {v}|going by {v}", "car,bike,foot,train,bus,public transport,ferry"),
    "status": _k("status state", "enum", None, "with status {v}|that are {v}|in state {v}", "open,closed,pending,shipped,in progress,on hold,cancelled,paid,overdue,draft"),
    "period": _k("period range interval timeframe", "enum", None, "for the {v}|over the {v}", "day,week,month,year,quarter,last week,last month"),
    "sort": _k("sort order_by sort_by sorted", "enum", None, "sorted by {v}|by {v}|ordered by {v}", "date,name,price,rating,distance,relevance,newest first"),
    "format": _k("format output type file_type", "enum", None, "as {v}|as a {v} file|in {v} format", "pdf,csv,json,html,xlsx,plain text,markdown,png"),
    "room": _k("room zone area", "enum", None, "in the {v}|for the {v}", "kitchen,bedroom,living room,bathroom,office,garage,hall,guest room,attic"),
    "drink": _k("drink beverage kind type", "enum", None, "of {v}|with {v}", "coffee,espresso,green tea,black tea,cocoa,latte,iced tea"),
    "genre": _k("genre style mood category", "enum", None, "in the genre {v}|of the {v} kind", "jazz,rock,classical,hip hop,folk,techno,science fiction,horror,comedy"),
    "tone": _k("tone style register", "enum", None, "in a {v} tone|sounding {v}", "formal,friendly,neutral,funny,very polite,casual"),
}
# choices that go by another word in requests, which the description tells
ALIASES: dict[str, tuple[tuple[str, str], ...]] = {
    "level": (("high", "urgent"), ("normal", "ordinary"), ("low", "unimportant")),
    "size": (("L", "large"), ("M", "medium"), ("S", "small")),
    "transport": (("walking", "foot"), ("cycling", "bike"), ("driving", "car"), ("transit", "public transport")),
    "tempunit": (("C", "celsius"), ("F", "fahrenheit"), ("K", "kelvin")),
    "language": (("fr", "French"), ("de", "German"), ("pl", "Polish"), ("es", "Spanish"), ("ja", "Japanese")),
    "class": (("Y", "economy"), ("C", "business"), ("F", "first")),
    "currency": (("EUR", "euros"), ("USD", "dollars"), ("GBP", "pounds"), ("JPY", "yen")),
}
MORE_ENUM = "alpha,beta,coarse,fine,extra fine,raw,left,right,both sides,upper,lower,north,south,hot,cold,lukewarm,soft,hard,matte,glossy,weekly,daily,twice a day,indoor,outdoor,basic,premium,vegan,gluten free,round trip,one way,ascending,descending,standard,next day,hourly,senior,junior,part time,full time".split(",")


@dataclass(frozen=True)
class Spec:
    """A tool of a trade: names, descriptions, arguments (`id:kind=name/name?`, ? for optional), what people say, what comes back."""

    names: str
    told: str
    slots: str
    asks: tuple[str, ...]
    out: str
    like: str = ""  # tools of one trade stand together


def _s(like: str, names: str, told: str, slots: str, asks: str, out: str) -> Spec:
    return Spec(names, told, slots, tuple(a.strip() for a in asks.split(" ;; ")), out, like)


SPECS: tuple[Spec, ...] = (
    _s(
        "weather",
        "get_weather|weather|current_weather|weather_lookup",
        "(Gets|Returns|Tells) the (weather|current weather|weather forecast) (for|of|in) a (city|place).|Weather of a place on a day.",
        "city date? tempunit?",
        "(What's|What is|How is|How's) the weather (in|like in) {city}[ {date}][, in {tempunit}]? ;; Will I need (an umbrella|a coat|sunglasses) in {city}[ {date}]? ;; tell me the weather in {city} ;; Is it (raining|cold|warm|snowing) in {city}[ {date}]?",
        "{x} °C, {w}|sunny, {x} degrees|light rain",
    ),
    _s("weather", "get_air_quality|air_quality|aqi", "(Returns|Gets) the air quality (index of|in) a city.|How clean the air is in a place.", "city", "How (clean|good|bad) is the air in {city}? ;; check the air quality in {city} ;; What's the AQI in {city}?", "{n}|moderate ({n})|good"),
    _s("weather", "get_sunrise|sun_times|sunrise_sunset", "(Gives|Returns) the times of sunrise and sunset at a place.", "city date?", "When does the sun (rise|set|come up|go down) in {city}[ on {date}]? ;; tell me the (sunrise|sunset) in {city}[ for {date}]", "{t}|sunrise {t}, sunset {t}"),
    _s(
        "money",
        "convert_currency|currency_converter|exchange",
        "Converts an amount (of money |)from one currency (to|into) another.",
        "value=amount/value/sum from:currency=from/source/from_currency to:currency=to/target/to_currency",
        "(How much is|What's|What is) {value} {from} in {to}? ;; (convert|change|turn) {value} {from} (to|into) {to} ;; I have {value} {from}. How many {to} is that? ;; How many {to} do I get for {value} {from}?",
        "{d}|{d} units",
    ),
    _s("money", "get_exchange_rate|fx_rate|rate", "(Gets|Returns) the exchange rate (between|of) two currencies.", "from:currency=base/from to:currency=quote/to date?", "What's the (exchange rate|rate) (from|of) {from} to {to}[ on {date}]? ;; look up the {from} to {to} rate[ for {date}]", "{d}"),
    _s(
        "money",
        "transfer_money|send_payment|wire|make_transfer",
        "(Sends|Transfers) money (to a person|to somebody).|Makes a payment to a person.",
        "recipient value=amount/sum currency? text=reference/note/purpose?",
        '(send|transfer|wire|pay) {value}[ {currency}] to {recipient}[ (with the note|for|with the reference) "{text}"] ;; {recipient} needs {value}[ {currency}] from me, (please send it|can you transfer it)',
        "payment {c} accepted|ok: {n}",
    ),
    _s(
        "money", "request_payment|ask_for_money|create_payment_request", "(Asks a person|Requests a payment) for an amount of money, nothing is sent.", "owner=payer/from/person value=amount/sum", "(ask|request) {owner} for {value} euros ;; {owner} owes me {value}. (Please ask for it|Send a request)", "request {n} sent"
    ),
    _s("money", "get_balance|account_balance|check_balance", "(Returns|Shows) the balance of an account.", "code=account/iban/account_id", "(How much is|What is|What's) (in|on|the balance of) (my |)account {code}? ;; (show|check) the balance of {code}", "{d}|{d} EUR"),
    _s(
        "money",
        "get_stock_price|stock_quote|quote",
        "(Gets|Returns) the (latest |)(stock price|share price) of a company.",
        "owner:companyname=company/symbol/ticker",
        "(What's|What is) the (stock|share) price of {owner}? ;; How is {owner} doing (on the stock market|at the exchange)? ;; (get|look up) the shares of {owner}",
        "{d}|{d} USD",
    ),
    _s(
        "units",
        "convert_units|unit_converter|convert",
        "Converts a (number|value|quantity) from one unit to another.",
        "value=value/amount/number from:unit=from_unit/from/source to:unit=to_unit/to/target",
        "(How many|What is the number of) {to} are {value} {from}? ;; convert {value} {from} (to|into) {to} ;; (What is|What's) {value} {from} in {to}? ;; express {value} {from} in {to}",
        "{d}",
    ),
    _s("units", "convert_temperature|temp_convert", "Converts a temperature to another scale.", "degrees=value/degrees from:tempunit=from to:tempunit=to", "convert {degrees} degrees {from} to {to} ;; (What is|How much is) {degrees} {from} in {to}?", "{d}"),
    _s("language", "translate_text|translate|translator", "Translates (a text|text|words) into another language.", "text=text/content/phrase language", 'translate "{text}" (into|to) {language} ;; (How do you say|How would I say|What is) "{text}" in {language}? ;; put "{text}" into {language}', "{l}"),
    _s("language", "detect_language|guess_language|identify_language", "(Tells|Finds out) which language a text is written in.", "text", '(What|Which) language is "{text}"? ;; (tell me|find out) the language of "{text}"', "{g}|{g} ({n}%)"),
    _s("language", "define_word|dictionary|get_definition", "(Gives|Looks up) the (meaning|definition) of a word.", "query:word=word/term language?", 'What does (the word |){query} mean[ in {language}]? ;; (define|look up) the word {query} ;; (What\'s|What is) the meaning of "{query}"?', "{w}|a kind of {w}"),
    _s("language", "rewrite_text|rephrase|change_tone", "Rewrites a text in another tone.", "text tone", '(rewrite|rephrase|change) "{text}" (in a|so that it has a) {tone} tone ;; make this sound {tone}: "{text}"', "{l}"),
    _s(
        "maps",
        "get_directions|directions|route|plan_route",
        "(Finds|Plans) a (route|way) (from one place to another|between two places).",
        "from:city=from/origin/start to:city=to/destination/end transport?",
        "How do I get from {from} to {to}[ by {transport}]? ;; (find|plan|show me) (a|the) (route|way) from {from} to {to}[, by {transport}] ;; I'm in {from} and want to go to {to}[ by {transport}]. (Which way|How)?",
        "{n} km, {n} min|take road {n}",
    ),
    _s(
        "maps",
        "get_distance|distance_between|distance",
        "(Returns|Measures|Calculates) the distance between two places.",
        "from:city=from/a/place1/origin to:city=to/b/place2/destination unit?",
        "How far is (it from |){from} (to|from) {to}[, in {unit}]? ;; (What's|What is) the distance (between {from} and|from {from} to) {to}[ in {unit}]?",
        "{d} km|{n}",
    ),
    _s(
        "maps",
        "find_nearby|places_near|nearby_search",
        "Finds (shops, cafes and other places|points of interest) near a place.",
        "query:shop=kind/type/category/what city=near/location/around limit?",
        "(Where is|Where can I find) (a|the nearest) {query} (in|near|around) {city}? ;; find[ {limit}] {query} places near {city}",
        "{w}, {n} m|{p}'s",
    ),
    _s(
        "travel",
        "search_flights|find_flights|flight_search",
        "(Searches|Finds) flights between two cities (on a date|on a day).",
        "from:city=origin/from/departure to:city=destination/to/arrival date class? people=passengers/adults?",
        "(find|show me|search for|look for) (flights|a flight) from {from} to {to} (on|for) {date}[, in {class} class][ for {people} people] ;; (Are there|Which are the) (any |)flights from {from} to {to} on {date}[ for {people}][, {class}]? ;; I want to fly to {to} on {date}, (leaving from|starting in) {from}[, {class} class]",
        "flight {c} at {t}, {d} EUR|no flights",
    ),
    _s(
        "travel",
        "book_hotel|reserve_hotel|hotel_booking",
        "(Books|Reserves) a (hotel room|room in a hotel) (in a city|).",
        "city date=check_in/arrival/date nights people? tax:breakfast?",
        "(book|reserve|get) (me |)a hotel in {city} (from|for|on) {date} for {nights} nights[ for {people} people] ;; I need a (room|hotel) in {city} for {nights} nights[ for {people} guests], (arriving|from) {date}",
        "booked: {c}|{h}, room {n}",
    ),
    _s(
        "travel",
        "book_train|buy_train_ticket|train_ticket",
        "(Buys|Books) a train ticket.",
        "from:city=from/start to:city=to/destination date time? class?",
        "(book|buy|get me) a train (ticket |)from {from} to {to} (on|for) {date}[ at {time}][, {class} class] ;; I'd like to take the train to {to} on {date}[ at {time}], from {from}",
        "ticket {c}|seat {n}",
    ),
    _s(
        "travel",
        "flight_status|track_flight|get_flight",
        "(Tells|Returns) (whether a flight is on time|the status of a flight).",
        "code:flight=flight/flight_number/code date?",
        "Is (flight |){code} (on time|late|delayed)[ {date}]? ;; (check|track) (the flight|flight) {code}[ on {date}] ;; When does {code} land[ on {date}]?",
        "on time|delayed by {n} minutes|landed at {t}",
    ),
    _s("travel", "rent_car|car_rental|hire_car", "(Rents|Hires) a car.", "city=pickup/city/place date=from/start/date nights=days size? tax:insurance?", "(rent|hire|get me) a[ {size}] car in {city} (from|on) {date} for {nights} days", "car {c}, {d} per day"),
    _s(
        "home",
        "set_light|lights|control_light|switch_light",
        "(Switches|Turns) (a light|the light in a room) on or off[ and dims it|].",
        "room onoff=state/power/on percent=brightness/level?",
        "(turn|switch) {onoff} the (light|lamp|lights) in the {room}[, at {percent}%] ;; (turn|switch) the {room} (light|lights|lamp) {onoff}[ at {percent}%]",
        "ok|{w}|done",
    ),
    _s(
        "home",
        "set_thermostat|heating|set_temperature",
        "(Sets|Changes) the temperature (of|in) a room.",
        "room degrees tempunit?",
        "(set|put) the {room} to {degrees} degrees[ {tempunit}] ;; (make it|I'd like) {degrees} degrees[ {tempunit}] in the {room} ;; heat the {room} to {degrees}[ {tempunit}]",
        "set to {d}|heating",
    ),
    _s("home", "read_sensor|get_temperature|room_climate", "(Reads|Returns) the temperature measured in a room; changes nothing.", "room tempunit?", "How (warm|cold) is it in the {room}[, in {tempunit}]? ;; (tell me|read) the temperature in the {room}", "{d}|{d} degrees"),
    _s("home", "lock_door|door_lock|set_lock", "Locks or unlocks a door.", "room=door/room lockstate=action/state", "{lockstate} the {room} door ;; (please |){lockstate} the door of the {room}", "door is now {w}|done"),
    _s("home", "start_vacuum|clean_room|robot_clean", "Sends the (robot|vacuum cleaner) to clean a room.", "room mode?", "(vacuum|clean|hoover) the {room}[ in {mode} mode] ;; The {room} is dirty. (Send the robot|Please clean it)", "started, {n} minutes|battery low"),
    _s("home", "brew|make_drink|coffee_machine", "Makes a hot drink.|Prepares a drink in the machine.", "drink size? sugar? count=cups/n?", "(make|brew|prepare) (me |)[{count} cups of|] a {drink} ;; I'd (like|love) a {drink} ;; (make|get me) a[ {size}] {drink}", "your drink is ready|{n} seconds"),
    _s(
        "mail",
        "send_email|send_mail|email",
        "Sends an e-mail (at once|).",
        "email=to/recipient/address title=subject text=body/text/message?",
        '(send an e-mail|send a mail|write|email) to {email} with the subject "{title}"[ and the text "{text}"] ;; send {email} an email about "{title}"[: "{text}"]',
        "sent|message {n} sent",
    ),
    _s(
        "mail",
        "draft_email|create_draft|save_draft",
        "(Prepares|Writes|Saves) (a draft|an e-mail as a draft); nothing is sent.",
        "email=to/recipient/address title=subject text=body/text?",
        '(draft|prepare) an (e-mail|email) to {email} with the subject "{title}"[ and the text "{text}"], don\'t send it ;; save a draft for {email}, subject "{title}"[, text "{text}"]',
        "draft {n} saved",
    ),
    _s(
        "mail",
        "search_inbox|find_emails|search_mail",
        "(Searches|Looks through) (the inbox|received e-mails).",
        "query owner=sender/from_person? limit?",
        "(find|search for|look for) (mails|emails|messages) about {query}[ from {owner}][, at most {limit}] ;; Did[ {owner} write| I get] (anything|a mail) about {query}?",
        '{n} messages|nothing found|"{w}" of {date}',
    ),
    _s("mail", "send_sms|text_message|sms", "Sends (a text message|an SMS) to a phone.", "phone text", '(text|send an SMS to|message) {phone}: "{text}" ;; send "{text}" to (the number |){phone}', "delivered|queued ({n})"),
    _s("chat", "post_message|send_to_channel|slack_post", "Posts a message (in|to) a (channel|chat room).", "query:channel=channel/room text notify=mention_all/notify?", '(post|write|send) "{text}" (in|to) (the channel |){query} ;; tell {query}: "{text}"', "posted|ts {d}"),
    _s(
        "calendar",
        "create_event|add_event|schedule_meeting|new_meeting",
        "(Creates|Adds|Schedules) (an event|a meeting) in the calendar.",
        "title date time? minutes? names=attendees/participants/guests?",
        '(put|add) ("{title}"|{title}) (in|into|to) my calendar (on|for) {date}[ at {time}][ for {minutes} minutes][, with {names}] ;; (schedule|set up|plan) (a meeting|an event) called "{title}" (on|for) {date}[ at {time}][ with {names}][, {minutes} minutes long]',
        "event {n} created|ok, {date}",
    ),
    _s("calendar", "list_events|get_agenda|show_calendar", "(Lists|Shows) (the events|what is planned) (of|on) a day.", "date limit?", "What (do I have|is|is planned) (on|for) {date}? ;; (show|list) my (calendar|events|appointments) for {date}[, only {limit}] ;; Am I free on {date}?", "{w} at {t}|nothing|{n} events"),
    _s("calendar", "set_reminder|remind_me|add_reminder", "(Sets a reminder|Reminds the user) (at a time|for later).", "title=text/what/task date? time", 'remind me (to|about) {title}[ on {date}] at {time} ;; (set|add) a reminder "{title}"[ for {date}] at {time}', "reminder {n} set"),
    _s("calendar", "set_timer|start_timer|timer", "Starts a timer (for some minutes|).", "minutes title=label/name?", '(set|start) a timer (for|of) {minutes} minutes[ called {title}] ;; wake me in {minutes} minutes ;; {minutes} minutes (timer|on the clock)[ for "{title}"]', "timer {n} running|ends at {t}"),
    _s("calendar", "get_time|world_clock|local_time", "(Tells|Returns) the (current|local) time (in|of) a city.", "city", "What time is it in {city}? ;; (tell me|give me) the (local |)time in {city} ;; How late is it in {city} (now|right now)?", "{t}"),
    _s("files", "read_file|open_file|get_file|cat", "(Reads|Returns the text of) a file.", "path limit=lines/max_lines?", "(read|open|show me|print) (the file |){path}[, only the first {limit} lines] ;; What (is|stands|does it say) in {path}?", "{l}|{w}|{n}"),
    _s("files", "write_file|save_file|create_file", "Writes a text (into|to) a file.", "path text=content/text/data force=overwrite?", '(write|save|put) "{text}" (to|into|in) (the file |){path} ;; create (a file |){path} with the content "{text}"', "{n} bytes written|saved"),
    _s("files", "delete_file|remove_file|rm", "Deletes a file (for good|).", "path", "(delete|remove|erase) {path} ;; get rid of the file {path} ;; I don't need {path} any more, delete it", "deleted|done"),
    _s("files", "move_file|rename_file|mv", "Moves or renames a file.", "from:path=source/from/old to:path=target/to/new force=overwrite?", "(move|rename) {from} to {to} ;; {from} should be (called|at) {to} (from now on|now)", "ok|moved"),
    _s("files", "copy_file|duplicate_file|cp", "Copies a file; the old one stays.", "from:path=source/from/src to:path=target/to/dst", "copy {from} to {to} ;; (make a copy|duplicate) of {from} (called|as) {to}", "copied|{n} bytes"),
    _s("files", "list_files|list_directory|ls", "Lists (the files|what is) in a folder.", "path=folder/dir/directory sort?", "(Which|What) files are in {path}[, sorted by {sort}]? ;; (list|show) (the contents of|the files in) {path}[, by {sort}]", "{n} files|a.txt, b.txt|empty"),
    _s("files", "convert_file|export_file", "Converts a file to another format.", "path format", "(convert|export|turn) {path} (to|into) {format} ;; I need {path} as {format}", "{f}|done"),
    _s("data", "run_query|sql|query_database|execute_sql", "Runs a query (in the database|on the data).", "formula limit?", 'run (the query |)"{formula}"[, at most {limit} rows] ;; (execute|run) `{formula}`[ with a limit of {limit}] ;; What does "{formula}" give?', "{n} rows|{d}|{w}"),
    _s("data", "describe_table|table_info|get_columns", "(Shows|Lists) the columns of a table.", "query:word=table/name", "(Which|What) columns does the table {query} have? ;; (describe|show) the table {query}", "id, name, {w}|{n} columns"),
    _s(
        "shop",
        "search_products|find_product|product_search",
        "(Searches|Finds) products in the shop.",
        "query price=max_price/budget? colour? sort?",
        "(find|search for|show me) {query}[ in {colour}][ for (at most|up to|under) {price} (euros|dollars)][, sorted by {sort}] ;; (Do you have|Is there|I'm looking for) {query}[ in {colour}][ below {price}]?",
        "{n} products|{w}, {d}|nothing",
    ),
    _s(
        "shop",
        "add_to_cart|cart_add|put_in_basket",
        "(Adds|Puts) a product (to|into) the (cart|basket).",
        "query:word=product/item/name count colour? size?",
        "(add|put) {count}[ {size}][ {colour}] {query} (to|into) (my|the) (cart|basket) ;; I'll take {count} {query}[ in {colour}][, size {size}]",
        "{n} items in the cart|added",
    ),
    _s("shop", "apply_coupon|redeem_code|use_voucher", "(Applies|Redeems) a (coupon|voucher|discount code).", "code", "(apply|use|redeem) (the coupon|the code|the voucher) {code} ;; I have a (voucher|coupon): {code}", "{n}% off|expired"),
    _s("shop", "order_food|order_pizza|food_order", "Orders food (to an address|).", "items address size? notify=contactless/ring?", "(order|get me) {items} to {address} ;; I'm hungry! (Order|Send) {items} to {address}", "arrives at {t}|order {n}"),
    _s("shop", "track_parcel|track_package|where_is_parcel", "(Tells where a parcel is|Tracks a parcel|Follows a shipment).", "code=tracking_number/code/parcel", "Where is (my parcel|my package|parcel) {code}? ;; (track|follow) (the parcel |){code} ;; When does {code} arrive?", "in {city}|delivered {date}|on the way"),
    _s("music", "play_music|play|play_song", "Plays (a song|music|a song or an artist).", "title=song/title/track owner=artist/by? room=room/speaker?", 'play "{title}"[ by {owner}][ in the {room}] ;; put on {title}[ by {owner}] ;; I want to hear {title}[ by {owner}][ in the {room}]', "playing|now playing: {w}"),
    _s("music", "set_volume|volume|change_volume", "(Sets|Changes) the volume.", "percent=level/volume/percent room?", "(set|turn|put) the volume to {percent}%[ in the {room}] ;; make it {percent} percent loud", "volume {n}|ok"),
    _s("music", "create_playlist|new_playlist|make_playlist", "(Creates|Makes) a (new |)playlist.", "title=name/title genre? private=private?", '(create|make|start) a[ {genre}] playlist (called|named) {title} ;; I\'d like a new[ {genre}] playlist, call it "{title}"', "playlist {n}|created"),
    _s("games", "roll_dice|dice|throw_dice", "Rolls dice.", "count=dice/count/n sides:sidesn=sides/faces?", "(roll|throw) {count} dice[ with {sides} sides] ;; {count} dice, please[, {sides} sides each]", "{n}"),
    _s("games", "move_piece|make_move|chess_move", "Makes a move on the board.", "from:square=from/start to:square=to/end", "(move|take the piece) from {from} to {to} ;; my move: {from} to {to}", "check|your turn is over|ok"),
    _s("games", "get_score|score|match_result", "(Tells|Returns) the (score|result) of a (match|game).", "owner:companyname=team/club date?", "How did {owner} (play|do)[ on {date}]? ;; (What was|Tell me) the score of {owner}[ on {date}]", "{x}:{x}|no match"),
    _s(
        "hr",
        "request_leave|book_vacation|ask_for_holiday",
        "(Requests|Books) (leave|days off) for an employee.",
        "owner=employee/name/person date=from/start/first_day nights=days/number_of_days leavetype?",
        "(request|book)[ {leavetype}] leave for {owner} from {date}, {nights} days ;; {owner} (wants|needs) {nights} days off from {date}[ as {leavetype} leave]",
        "request {n}: pending|approved",
    ),
    _s("hr", "get_employee|find_employee|employee_lookup", "(Finds|Looks up|Returns) (an employee|the data of an employee) by name.", "owner=name/employee", "(Who is|Look up|Find) {owner} ;; (In which department|On which floor) does {owner} work?", "{j}, room {n}|{j} in {city}"),
    _s("hr", "update_salary|set_salary|change_pay", "(Changes|Sets) the salary of an employee.", "owner=employee/name value=salary/amount currency?", "(set|change|raise) the salary of {owner} to {value}[ {currency}] ;; {owner} should (earn|get) {value}[ {currency}]", "saved|ok {n}"),
    _s(
        "health",
        "book_appointment|doctor_appointment|see_doctor",
        "(Books|Makes) an appointment (with a doctor|at the surgery).",
        "owner=patient/name with=doctor/physician date time?",
        "(book|make|arrange) an appointment for {owner} with {with} on {date}[ at {time}] ;; {owner} (has to|needs to|must) see {with} on {date}[ at {time}]",
        "confirmed: {t}|no free slot",
    ),
    _s("health", "log_meal|add_food|track_food", "(Records|Logs) (a meal|what was eaten).", "items=foods/items/food time?", "I (ate|had) {items}[ at {time}]. (Please note it|Log it) ;; (log|note|record) a meal: {items}[, at {time}]", "{n} kcal|saved"),
    _s("lab", "set_pump|pump_liquid|dispense", "(Sets the flow of|Runs) a pump.", "code=pump/device/channel degrees:flow=flow/rate/ml_per_min minutes?", "(run|set) pump {code} at {degrees} ml per minute[ for {minutes} minutes]", "running|pressure {d}"),
    _s("lab", "read_instrument|measure|take_reading", "(Takes|Reads) a measurement (from|of) an instrument.", "code=instrument/device/sensor count=samples/repeats?", "(read|query) (the instrument |){code}[ {count} times] ;; What does {code} (show|measure)[ over {count} samples]?", "{d}|{d} mV"),
    _s("lab", "heat_sample|heater|incubate", "Heats a sample (to a temperature|).", "code=sample/vial/tube degrees=temperature/celsius minutes?", "(heat|warm|bring) (the sample |sample |){code} to {degrees} degrees[ for {minutes} minutes]", "reached|{d}"),
    _s("knowledge", "get_recipe|find_recipe|recipe_search", "Finds a recipe (with given ingredients|).", "items=ingredients/with/items diet? minutes=max_minutes/time?", "What can I cook with {items}[ in {minutes} minutes]? ;; (find|give me) a[ {diet}] recipe with {items}", "{w} soup|{w}"),
    _s("knowledge", "search_news|news|get_headlines", "(Finds|Searches) news about a topic.", "query=topic/query/q period? limit?", "(What's new|Any news|What happened) (about|on|with) {query}? ;; (find|show me)[ {limit}] (news|headlines) about {query}[ of the {period}]", "{w}: {l}|no news"),
    _s("knowledge", "get_population|country_facts|country_info", "(Gives|Returns) facts (about|on) a country.", "country detail=fact/field/what", "What is the {detail} of {country}? ;; tell me the {detail} of {country}", "{n}|{w}|{city}"),
    _s("knowledge", "movie_info|find_movie|film_lookup", "(Finds|Looks up) a film.", "title=title/name/movie year?", '(Who made|What is|Tell me about) the (film|movie) {title}[ (from|of) {year}]? ;; look up (the film |)"{title}"[ ({year})]', "{p}, {y}|{d}"),
    _s("web", "fetch_url|open_page|http_get", "(Fetches|Opens|Downloads) a web page.", "url format?", "(open|fetch|get|load) {url}[ as {format}] ;; What (is|does it say) on {url}?", "{l}|404 lines|{w}"),
    _s("web", "shorten_url|short_link", "Makes a short link.", "url", "(shorten|make a short link (to|for)) {url} ;; {url} is too long, make it shorter", "https://s.io/{n}"),
    _s("web", "check_site|ping|is_up", "(Checks|Tells) whether a web site (is up|can be reached).", "url", "Is {url} (up|down|online)? ;; (ping|check) {url}", "up, {n} ms|down"),
    _s("dev", "create_issue|open_ticket|file_bug", "(Opens|Creates|Files) (an issue|a bug report|a ticket).", "title text=body/description? level? tags=labels?", '(open|file|create) (an issue|a bug|a ticket) (called|titled) "{title}"[ with {level} priority][ labelled {tags}][, text "{text}"]', "#{n}|issue {n} opened"),
    _s("dev", "deploy|deploy_service|release", "(Deploys|Releases) a (service|version).", "query:word=service/app/project version environment", "(deploy|release|roll out) {query} {version} (to|on) {environment} ;; put version {version} of {query} on {environment}", "deployed in {n} s|build {n}"),
    _s("dev", "restart_server|reboot|restart_service", "Restarts a server.", "code:word=server/host/service force?", "(restart|reboot) (the server |){code} ;; {code} hangs, (restart it|please reboot)", "up again|{n} s"),
    _s("dev", "run_tests|test|run_test_suite", "Runs the tests (in a folder|of a path).", "path=path/folder/target details=verbose?", "(run|start) (the|all) tests in {path} ;; Do the tests in {path} pass?", "{n} passed|{n} failed"),
)


def _word(r: Random) -> str:
    return r.choice((r.choice(words.THINGS), words.invented(r).lower(), r.choice(words.NOUNS), f"{r.choice(words.ADJ)} {r.choice(words.THINGS)}"))


KINDS |= {
    "word": _k("word term", "string", _same(_word), "for {v}"),
    "companyname": _k("company", "string", _same(lambda r: f"{words.invented(r)}{r.choice(('', '', ' AG', ' Ltd', ' United', ' & Co', ' Group'))}"), "of {v}"),
    "shop": _k("category", "string", _same(lambda r: r.choice("bakery,pharmacy,petrol station,café,book shop,museum,bank,hotel,post office,sushi bar,playground,bike shop,florist,gym".split(","))), "for {v}"),
    "flight": _k("flight", "string", _same(lambda r: f"{r.choice('ABDEIKLSTUX')}{r.choice('ABFHLQVX')}{r.choice(('', ' '))}{r.randint(10, 9999)}"), "for {v}"),
    "channel": _k("channel", "string", _same(lambda r: f"#{r.choice(words.THINGS + words.SUBJECTS)}"), "in {v}"),
    "square": _k("square", "string", _same(lambda r: f"{r.choice('abcdefgh')}{r.randint(1, 8)}"), "{v}"),
    "sidesn": _k("sides", "integer", _number(4, 20), "with {v} sides"),
    "flow": _k("flow", "number", _decimal(1, 99, 1), "at {v} ml per minute"),
    "url": _k(
        "url link address page",
        "string",
        _same(lambda r: f"{r.choice(('https://', 'https://', 'http://www.', ''))}{re.sub('[^a-z]', '', words.invented(r).lower()) or 'page'}.{r.choice(('com', 'org', 'net', 'de', 'fr', 'dev'))}{r.choice(('', '', '/' + r.choice(words.THINGS), '/a/' + str(r.randint(1, 999))))}"),
        "at {v}",
    ),
    "address": _k("address deliver_to street", "string", _same(lambda r: f"{r.randint(1, 199)} {r.choice(words.LAST)} {r.choice(words.STREET)}"), "to {v}"),
    "version": _k("version tag release", "string", _same(lambda r: f"{r.choice(('v', ''))}{r.randint(0, 9)}.{r.randint(0, 30)}{r.choice(('', '.' + str(r.randint(0, 9))))}"), "in version {v}"),
    "environment": _k("environment env stage target", "enum", None, "on {v}", "production,staging,test,development"),
    "detail": _k("fact", "enum", None, "{v}", "population,capital,area,currency,official language,anthem"),
    "diet": _k("diet kind", "enum", None, "{v}", "vegan,vegetarian,gluten free,low carb,kosher,halal"),
    "leavetype": _k("type kind reason", "enum", None, "as {v} leave", "annual,sick,parental,unpaid,special"),
    "onoff": _k("state", "enum", None, "{v}", "on,off"),
    "lockstate": _k("action", "enum", None, "{v}", "lock,unlock"),
    "breakfast": _k("breakfast with_breakfast", "boolean", None, "with breakfast|without breakfast;breakfast included|no breakfast"),
    "insurance": _k("insurance insured full_cover", "boolean", None, "with insurance|without insurance;fully insured|not insured"),
}

# trade, its things with what they have; every thing may be got, listed, made, changed, ended
THINGS: tuple[tuple[str, str, str], ...] = tuple(
    tuple(line.split("/"))
    for line in """shop/order,purchase/owner price items address status urgent date
shop/product,article/title price colour size count
shop/refund,return/price owner text currency
crm/customer,client/owner email phone city country
crm/lead,contact/owner email phone companyname
crm/deal,offer/title price status date currency
billing/invoice,bill/owner price date currency tax status
billing/subscription,membership/owner period price
support/ticket,case/title text level status owner
support/complaint,claim/owner text level
project/task,todo/title date level owner tags status
project/project,campaign/title date price owner
project/milestone,deadline/title date
hr/employee,worker/owner email date
hr/shift,duty/owner date time minutes
hr/expense,receipt/owner price currency date
school/course,class/title date people language
school/student,pupil/owner email year
school/exam,quiz/title date minutes
library/book,loan/title owner year language
library/reader,member/owner email phone
restaurant/table,reservation/owner people date time
restaurant/dish,meal/title price diet
hotel/booking,stay/owner city nights date breakfast
event/concert,show/title city date price
event/guest,visitor/owner people with
fleet/vehicle,van/title colour year version
fleet/delivery,shipment/address weight date urgent
garden/plant,flower/title colour room
garden/watering,irrigation/room minutes time repeat
clinic/appointment,visit/owner date time with
clinic/prescription,medicine/owner title count
zoo/animal,beast/title weight room
museum/exhibit,painting/title year room
farm/harvest,crop/title weight date
lab/sample,specimen/title weight degrees tags
lab/experiment,trial/title degrees minutes mode
cloud/server,instance/title size environment tags
cloud/backup,snapshot/title date private
cloud/database,cluster/title size version
web/page,article/title text language private tags
web/user,account/owner email language private
social/post,tweet/text tags private time
social/poll,survey/title names minutes
music/playlist,mix/title genre private
music/album,record/title year genre
sport/match,game/with city date time
sport/team,squad/title names city
bank/loan,credit/owner price minutes
bank/card,account/owner currency limit
travel/trip,tour/city date nights people
travel/flight,connection/from to date class
city/permit,licence/owner date text
city/parking_spot,garage_place/code minutes date
home/alarm,wake-up call/time repeat title
home/scene,routine/title room mode
factory/machine,robot/title mode percent
factory/batch,lot/title count date
ship/container,crate/weight to code
space/probe,satellite/title mode degrees
theatre/play,rehearsal/title date time names
kitchen/recipe,menu/title items minutes diet
pets/dog,pet/title weight owner
repair/repair,job/title price date urgent""".splitlines()
)

# op: names, third person, base words that people use, extra words in the request, what comes back
OPS: Mapping[str, tuple[str, str, str, str]] = {
    "get": ("get show fetch read view retrieve", "Returns|Shows|Gets|Fetches|Looks up", "(show me|get|look up|open|give me|display)", "{w}|{p}, {d}|{s}|{j}"),
    "list": ("list find search list_all filter", "Lists|Finds all|Searches for", "(list|show me|find|give me) (all|the)", "{n} found|{w}, {w}|none"),
    "create": ("create add new make register", "Creates|Adds|Registers|Makes", "(create|add|make|set up|register|enter)", "created with id {n}|ok: {c}|{n}|{o}"),
    "update": ("update change edit modify set", "Updates|Changes|Edits|Modifies", "(change|update|edit|modify)", "updated|saved|{o}|{n} changed"),
    "delete": ("delete remove cancel close drop", "Deletes|Removes|Cancels", "(delete|remove|cancel|get rid of|drop)", "deleted|done|{o}|{c} removed"),
    "count": ("count number_of total", "Counts|Tells the number of", "count (all|the)", "{n}"),
    "export": ("export download print", "Exports|Downloads|Prints", "(export|download|print)", "{f}|{n} kB"),
    "share": ("share forward send", "Shares|Forwards|Sends", "(share|forward|send)", "shared|sent to {p}"),
    "archive": ("archive store file_away", "Archives|Stores away", "(archive|store away|put away)", "archived|{c}"),
    "approve": ("approve accept confirm", "Approves|Accepts", "(approve|accept|give the go-ahead for)", "approved|{o}"),
}

# for tools that nobody ever heard of
VERBS: tuple[tuple[str, str], ...] = tuple(
    (line.split(":")[0], line.split(":")[1])
    for line in """create:make,set up,add
delete:remove,get rid of,erase
update:change,edit,modify
find:look up,search for,locate
book:reserve,get me
cancel:call off,drop
open:unlock
close:shut
start:launch,begin,turn on
stop:end,turn off,halt
translate:interpret
convert:change over
order:buy,get
print:run off
play:put on
schedule:plan,arrange
copy:duplicate
move:shift,transfer
rename:give a new name to
check:verify,inspect
show:display
record:write down,log,note
rate:score,judge
measure:take the size of
repair:fix,mend
paint:colour
archive:store away
download:fetch,save
share:pass on,publish
feed:give food to
calibrate:adjust,tune
polish:clean,shine
freeze:chill,cool down
wrap:pack,gift-wrap
scan:go over
inspect:examine,look over
rotate:turn,spin
weigh:find the weight of
summon:call,bring
brew:cook,prepare
charge:load,power up
simulate:model,act out
compress:shrink,squeeze
split:divide,cut up
merge:join,combine
assign:give,hand over
deliver:bring,drop off
tag:label,mark
decode:decrypt,make readable
sort:order,arrange""".splitlines()
)


def expand(r: Random, pattern: str, given: Mapping[str, str]) -> str:
    """A sentence of a pattern, where `given` has the arguments as they are said."""
    at = 0
    while found := re.search(r"\(([^()\[\]]*)\)|\[([^()\[\]]*)\]", pattern):
        if found[1] is not None:
            new = r.choice(found[1].split("|")) if "|" in found[1] else "\x01" + found[1] + "\x02"
        else:
            parts = [p for p in found[2].split("|") if all(k in given for k in re.findall(r"\{(\w+)\}", p))]
            new = parts[0] if parts else ""
        pattern = pattern[: found.start()] + new + pattern[found.end() :]
        at += 1
        if at > 60:
            break
    pattern = re.sub(r"\{(\w+)\}", lambda m: given.get(m[1], m[0]), pattern)
    return re.sub(r"  +", " ", pattern.replace("\x01", "(").replace("\x02", ")"))


def needed(pattern: str) -> set[str]:
    """The arguments that a pattern cannot do without."""
    while "[" in pattern:
        shorter = re.sub(r"\[[^\[\]]*\]", "", pattern)
        if shorter == pattern:
            break
        pattern = shorter
    return set(re.findall(r"\{(\w+)\}", pattern))


def mentioned(pattern: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", pattern))
