"""Names, nouns and numbers: the raw material of the traces. Nothing here is a question or a fact.

Real-looking names come from lists; invented ones from syllables, so that copying a name that was never
seen is practised all the time.
"""

from __future__ import annotations

from random import Random

HER = """Ada Agnes Aisha Akiko Alba Alice Alma Amara Amelia Ana Anahera Anja Anna Anouk Asha Astrid Aurora Ayla Beatriz Bella
Birgit Bridget Camila Carla Carmen Celeste Chiara Chloe Clara Daisy Dalia Daniela Deborah Diana Dina Dora Edith Elena Eleni Elif Ella Elsa
Emilia Emma Esther Eva Farida Fatima Fiona Flora Frida Gabriela Giulia Gloria Greta Hana Hanna Harriet Hedda Heidi Helen Hilda Ida Ines
Ingrid Irene Iris Isabel Ivana Jana Jane Jasmine Joan Johanna Jolanda Judith Julia June Kamila Karin Katarzyna Kate Keiko Kirsten Laila
Lara Laura Lea Leila Lena Leonie Lidia Lina Linnea Louise Lucia Lucy Luz Magda Maja Malin Manon Mara Margarethe Maria Marit Marta Mary
Mathilde Maya Mei Mercedes Milena Mina Mira Miriam Moira Mona Nadia Naomi Nina Noor Nora Nuria Odile Olga Olivia Paloma Petra Philippa
Pia Priya Rachel Rania Rebecca Renata Rita Rosa Rosalind Rut Sabine Sadia Salma Samira Sana Sara Selma Shirin Signe Simone Siri Sofia Sonja
Stella Svetlana Sylvia Tamar Tanja Tara Teresa Thandiwe Tilda Tove Ursula Valentina Vera Victoria Viola Wanda Wilma Xenia Yara Yasmin Yuki
Zara Zelda Zofia Zoe""".split()

HIS = """Aaron Abdul Adam Adrian Ahmed Alan Albert Alexei Ali Amir Anders Andrei Anil Anton Antonio Arjun Arthur Arvid Axel Bastian
Ben Bernard Bjorn Boris Bruno Carl Carlos Cesar Chen Christian Claude Conrad Cyrus Daniel Dario David Denis Diego Dmitri Dominic Edgar Eduardo
Edwin Eero Elias Emil Emmanuel Enzo Eric Ernesto Evan Fabian Faisal Felix Fergus Filip Francis Frank Fritz Gabriel Gareth George Gerard
Giovanni Goran Gregor Gustav Hakim Hamza Hans Harold Harry Hassan Hector Henrik Henry Hiro Hugo Ian Ibrahim Igor Isaac Ivan Ivo Jack
Jakob James Jan Javier Jerome Joaquin Joel John Jonas Jorge Jose Josef Juan Julian Kai Kamal Karel Karl Kenji Kevin Klaus Kofi Kwame Lars
Laszlo Leo Leonard Liam Linus Lorenzo Louis Luca Ludwig Luis Magnus Malik Marcel Marco Mario Mark Martin Mateo Matthias Max Mehmet Michael
Miguel Mikhail Milan Mohammed Moses Nikolai Nils Noah Oleg Oliver Omar Oscar Otto Owen Pablo Paolo Patrick Paul Pedro Per Peter Philip
Pierre Piotr Rafael Rahul Raj Ravi Reza Ricardo Robert Rolf Roman Ruben Rupert Samuel Sanjay Sebastian Sergei Simon Stefan Sven Tariq
Theo Thomas Tim Tobias Tom Tomas Toshiro Umberto Vaclav Victor Viktor Vincent Vladimir Walter Wei Werner William Wim Xavier Yann Yusuf
Zoltan""".split()

LAST = """Abbott Adeyemi Ahlberg Akhtar Almeida Alvarez Andersen Aoki Araujo Arslan Ashworth Bakker Baptiste Barros Bauer Becker Bellini
Berg Bergman Bianchi Blom Bondarenko Borg Brandt Brennan Brooks Bruun Campos Cardoso Carter Castillo Cermak Chandra Chowdhury Conti Cooper
Costa Cruz Dahl Daley Dasgupta Delgado Demir Desai Dias Dubois Duarte Eckert Eklund Ellis Eriksen Espinoza Fabbri Farkas Faure Ferreira
Fischer Fleming Fofana Fontaine Fournier Fraser Fuchs Fujita Gallo Garcia Gibson Gill Gomez Gonzalez Grant Greco Green Gruber Gunn Haas
Haddad Hagen Hall Halvorsen Hansen Hartmann Hashimoto Herrera Hill Hoffmann Holm Horvat Huber Hughes Hussain Ibsen Inoue Ito Ivanova Iyer Jackson
Jansen Jensen Jimenez Johansson Jones Kamara Kaplan Kaur Keller Kelly Khan Kim Kimura King Klein Koch Kovac Kowalski Kozlov Kramer Krause Kumar
Laine Lambert Larsen Laurent Le Lehmann Leone Lewis Li Lindqvist Lombardi Lopez Lund Ma Maier Malik Marino Marques Marsh Martens Martinez
Mbeki Mehta Mendoza Meyer Mills Mishra Molina Moreau Moreno Morris Mueller Murphy Nagy Nair Nakamura Navarro Ndiaye Nguyen Nielsen Nowak
Novotny Nunez Nyberg Obi Okafor Okonkwo Oliveira Olsen Ortega Osman Ozturk Palmer Park Patel Paulsen Pereira Perez Petrov Pham Pinto
Popescu Popov Quinn Rahman Ramos Rao Rasmussen Reid Reyes Ricci Richter Rivera Roberts Rojas Romano Rossi Roth Roy Ruiz Russo Saito Salazar
Sanchez Santos Sato Schmidt Schneider Schwarz Scott Sharma Shaw Silva Simic Singh Smith Sokolov Soto Souza Stewart Strand Suarez Suzuki
Svensson Takahashi Tanaka Taylor Teixeira Thomsen Torres Tran Turner Ueda Vargas Vasquez Vega Vogel Vogt Volkov Wagner Walker Walsh Wang Ward
Watson Weber White Winter Wolf Wong Wright Wu Yamada Yang Yilmaz Young Zhang Zimmermann Zulu de-Vries van-Dijk al-Masri O'Brien MacLeod""".split()

CITIES = """Amsterdam Ankara Athens Auckland Bari Basel Belfast Bergen Berlin Bilbao Bogota Bologna Bordeaux Boston Bremen Bristol Brno Bruges
Bucharest Budapest Cairo Calgary Cardiff Casablanca Chicago Copenhagen Cork Dakar Delhi Dresden Dublin Durban Edinburgh Florence Galway Gdansk
Geneva Genoa Ghent Glasgow Gothenburg Granada Graz Hamburg Hanoi Havana Helsinki Istanbul Jakarta Kampala Karachi Kyiv Kyoto Lagos Leeds
Leipzig Lima Lisbon Liverpool London Lyon Madrid Malaga Manchester Manila Marseille Melbourne Milan Montreal Mumbai Munich Nairobi Nantes
Naples Nice Oslo Oxford Palermo Paris Perth Porto Prague Quito Riga Rome Rotterdam Salzburg Santiago Seattle Seoul Seville Sofia Stockholm
Sydney Tallinn Tartu Tbilisi Tokyo Toledo Toronto Trieste Tunis Turin Uppsala Utrecht Valencia Venice Vienna Vilnius Warsaw York Zagreb
Zurich""".split()

COUNTRIES = """Albania Argentina Armenia Australia Austria Bangladesh Belgium Bolivia Brazil Bulgaria Cameroon Canada Chile China Colombia Croatia
Cuba Cyprus Denmark Ecuador Egypt Estonia Ethiopia Finland France Georgia Germany Ghana Greece Hungary Iceland India Indonesia Iran Ireland Israel
Italy Jamaica Japan Jordan Kenya Latvia Lebanon Lithuania Malaysia Malta Mexico Mongolia Morocco Nepal Netherlands Nigeria Norway Pakistan Panama
Peru Poland Portugal Romania Senegal Serbia Slovakia Slovenia Spain Sweden Switzerland Tanzania Thailand Tunisia Turkey Uganda Ukraine Uruguay
Vietnam Zambia""".split()

JOBS = """accountant actor actress architect astronomer baker banker barber beekeeper biologist blacksmith bookbinder botanist bus-driver butcher carpenter
cartographer chef chemist clockmaker composer cook dancer dentist designer detective diplomat diver doctor economist editor electrician
engineer explorer farmer film-director fisherman florist gardener geologist glassblower goldsmith guitarist historian illustrator inventor
jeweller journalist judge lawyer librarian locksmith marine-biologist mathematician mechanic midwife miner musician nurse painter
pharmacist philosopher photographer physicist pianist pilot plumber poet politician potter printer professor programmer sailor sculptor
shoemaker singer soldier stonemason surgeon surveyor tailor teacher translator veterinarian violinist weaver welder writer zoologist""".split()

ADJ = """old new small large quiet bright narrow steep famous local young early late modern wooden stone golden silver red blue green white black
northern southern eastern western royal grand hidden lower upper first last cold warm heavy light simple rare common wild open""".split()

THINGS = """apple anchor arrow barrel basket bell bench bicycle boat book bottle bowl box bread bridge brush bucket button cabin camera candle carpet
castle chair clock cloud coat coin compass cup curtain desk door drum engine falcon feather fence flag flower flute forest fountain garden gate
glass hammer harbour harp hat hill horn horse house island jacket kettle key kite knife ladder lamp lantern leaf letter lion mill mirror moon
mountain needle nest net oak ocean orchard oven owl paddle paper pearl pen piano picture pillow pipe plate pocket pond pot raven ribbon ring
river road robe rocket roof rope rose saddle sail salmon scarf shell shield ship shoe shovel spoon star statue stone storm sword table tent
tiger tower train tree trumpet tunnel turtle umbrella valley vase violin wagon wall watch wheel whistle willow window wolf""".split()

MATERIALS = "brick bronze cedar clay concrete copper cotton glass granite iron ivory leather limestone marble oak paper pine plastic sandstone silk silver slate steel straw timber wool".split()
COLOURS = "amber beige black blue bronze brown cream crimson emerald gold gray green indigo ivory lilac maroon navy ochre orange pink purple red scarlet silver teal turquoise violet white yellow".split()
INSTRUMENTS = "accordion banjo bassoon cello clarinet cornet drums fiddle flute guitar harp harpsichord horn lute mandolin oboe organ piano saxophone sitar trombone trumpet tuba viola violin xylophone".split()
LANGUAGES = "Arabic Basque Bengali Catalan Czech Danish Dutch English Estonian Finnish French Gaelic German Greek Hebrew Hindi Hungarian Icelandic Italian Japanese Korean Latin Latvian Maltese Mandarin Norwegian Persian Polish Portuguese Romanian Russian Spanish Swahili Swedish Tamil Thai Turkish Urdu Welsh".split()
FOODS = "almonds apples bananas barley beans beetles berries bread butter carrots cheese cherries chestnuts clams crabs eggs fish figs garlic ginger grass honey insects leaves lentils mackerel mice millet mushrooms noodles nuts oats olives onions oysters pears peas plums potatoes pumpkin rice salmon seeds shrimp snails soup spinach squid tea tomatoes trout walnuts worms".split()
ANIMALS = "badger bear bee beaver bison camel cat cow crane crow deer dog dolphin donkey duck eagle elephant ferret fox frog goat goose hamster hare hawk hedgehog heron horse kangaroo lizard llama lynx magpie mole monkey moose mouse octopus otter owl ox parrot penguin pig pigeon rabbit raven salamander seal shark sheep snake sparrow spider squirrel stork swan tiger toad tortoise turtle walrus whale wolf yak zebra".split()
SUBJECTS = "algebra anatomy archaeology astronomy biology botany chemistry economics geography geology geometry grammar history law linguistics literature logic mathematics mechanics medicine music optics philosophy physics poetry rhetoric sculpture statistics theology zoology".split()
MONTHS = "January February March April May June July August September October November December".split()
STREET = "Street Road Lane Avenue Square Alley".split()
ORDINALS = "first second third fourth fifth".split()

# What the generic relation is about: any noun can have a value.
NOUNS = """access_code altitude annual_budget anthem archive area average_temperature backup_server badge_number bandwidth battery_life boiling_point
brand budget bus_line call_sign capacity car catalogue_number catchphrase ceiling_height circumference class_size closing_hour code_name
coffee_order colour contract_number core_temperature cruising_speed cutting_speed daily_output daily_rate deadline delivery_time deposit depth diameter
dialling_code discount distance dose draught elevation emblem engine_power entrance_fee expiry_year favourite_colour favourite_dish favourite_food
favourite_song favourite_subject filling flagship flavour floor_number frequency fuel_consumption gate_number gauge harvest hobby horsepower hourly_wage
insurance_number inventory_number keeper key_ingredient lap_time licence_plate lifespan locker_number lucky_number main_ingredient main_product
mascot maximum_load maximum_speed melting_point membership_fee middle_name model_number monthly_rent motto nickname night_shift number_of_doors
number_of_floors number_of_members number_of_pages number_of_rooms number_of_seats number_of_steps number_of_students number_of_teeth
number_of_windows opening_hour orbital_period order_number output parking_space password patron pen_name phone_extension platform port_number
postal_code power_consumption pressure price profession pulse quota radius rainfall range rank rating registration_number rent reservation_number
resolution room_number runway_length salary score seating_capacity secret_ingredient serial_number shelf_number shoe_size signature_dish size
slogan span speciality speed sponsor starting_salary storage_capacity supplier surface tail_number target_temperature tempo ticket_price
top_speed top_prize total_cost track_number train_line tuition turnover unit_price vault_number voltage wave_height weekly_hours weekly_output
wingspan winning_time yearly_production zodiac_sign""".split()

_ONSET = "b bl br c ch d dr f fl g gl gr h j k kl kr l m n p pl pr q r s sh sk sl st t th tr v w x y z zh".split()
_VOWEL = "a e i o u a e i o ai au ea ei ia io ou ö é á".split()
_CODA = ["", "", "", "l", "n", "r", "s", "t", "m", "k", "nd", "rt", "ck", "x", "th", "sk"]


def invented(rng: Random, parts: int = 0) -> str:
    """A capitalised word nobody has seen, from one to three syllables.

    >>> invented(Random(3))
    'Skeashixu'
    """
    syllables = parts or rng.choice((1, 2, 2, 2, 3, 3))
    word = "".join(rng.choice(_ONSET) + rng.choice(_VOWEL) + rng.choice(_CODA) for _ in range(syllables))
    return word[:12].capitalize()


def her_or_his(rng: Random) -> str:
    return rng.choice("hs")


def person(rng: Random, sex: str) -> str:
    first = rng.choice(HER if sex == "s" else HIS) if rng.random() < 0.75 else invented(rng)
    last = rng.choice(LAST).replace("-", " ") if rng.random() < 0.65 else invented(rng)
    if rng.random() < 0.06:
        return f"{rng.choice(('Dr.', 'Dr', 'Professor', 'Captain', 'Sister' if sex == 's' else 'Brother'))} {last}"
    if rng.random() < 0.06:
        return f"{first} {rng.choice('ABCDEFGHJKLMNPRSTVW')}. {last}"
    if rng.random() < 0.05:
        return f"{first}-{rng.choice(HER if sex == 's' else HIS)} {last}"
    if rng.random() < 0.05:
        return first
    return f"{first} {last}"


def place(rng: Random) -> str:
    if rng.random() < 0.35:
        return rng.choice(CITIES)
    if rng.random() < 0.3:
        stem = rng.choice(THINGS + ADJ).capitalize()
        return stem + rng.choice(("ton", "field", "ford", "burg", "ham", "haven", " Bay", " Falls", " Hill", "wick", "dale", "mouth", " Springs"))
    if rng.random() < 0.2:
        return rng.choice(("San ", "Port ", "New ", "Saint ", "Old ", "El ", "Bad ", "Fort ")) + invented(rng)
    return invented(rng)


def country(rng: Random) -> str:
    return rng.choice(COUNTRIES) if rng.random() < 0.7 else invented(rng) + rng.choice(("ia", "land", "stan", "ania"))


def thing_name(rng: Random) -> str:
    """The proper name of a ship, pub, book or machine: `Silver Heron`, `Vaskol 300`."""
    roll = rng.random()
    if roll < 0.4:
        return f"{rng.choice(ADJ).capitalize()} {rng.choice(THINGS + ANIMALS).capitalize()}"
    if roll < 0.6:
        return invented(rng)
    if roll < 0.75:
        return f"{invented(rng)} {rng.choice((rng.randint(2, 99), rng.randint(1, 9) * 100, 'II', 'IV', 'X', 'Plus', 'Pro'))}"
    if roll < 0.9:
        return f"{rng.choice(THINGS).capitalize()} of {invented(rng)}"
    return f"{rng.choice(THINGS).capitalize()} and {rng.choice(THINGS).capitalize()}"


def phrase(rng: Random) -> str:
    """A short common-noun value: `silver kettle`, `oak and brass`."""
    roll = rng.random()
    if roll < 0.5:
        return f"{rng.choice(ADJ)} {rng.choice(THINGS)}"
    if roll < 0.7:
        return rng.choice(THINGS + ANIMALS + MATERIALS + FOODS)
    if roll < 0.85:
        return f"{rng.choice(MATERIALS)} {rng.choice(THINGS)}"
    return f"{rng.choice(FOODS)} and {rng.choice(FOODS)}"


def code(rng: Random) -> str:
    """`KT-4821`, `7B19`, `blue-42`."""
    letters = "".join(rng.choice("ABCDEFGHJKLMNPQRSTUVWXYZ") for _ in range(rng.randint(1, 3)))
    return rng.choice((f"{letters}-{rng.randint(10, 9999)}", f"{rng.randint(1, 99)}{letters}{rng.randint(0, 99)}", f"{rng.choice(COLOURS)}-{rng.randint(1, 99)}"))


def integer(rng: Random, top: int = 0) -> int:
    """Numbers of all lengths, short ones more often."""
    if top:
        return rng.randint(2, top)
    return rng.randint(2, rng.choice((12, 99, 99, 999, 999, 9_999, 99_999, 9_999_999)))


def shown(rng: Random, n: int | float) -> str:
    """A number as people type it: sometimes with thousands commas."""
    if isinstance(n, int) and n >= 1000 and rng.random() < 0.45:
        return f"{n:,}"
    return str(n)


_ONES = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
_TENS = ". . twenty thirty forty fifty sixty seventy eighty ninety".split()


def in_words(n: int) -> str:
    """`1204` as `one thousand two hundred and four`."""
    if n < 20:
        return _ONES[n]
    if n < 100:
        return _TENS[n // 10] + ("-" + _ONES[n % 10] if n % 10 else "")
    if n < 1000:
        rest = " and " + in_words(n % 100) if n % 100 else ""
        return _ONES[n // 100] + " hundred" + rest
    rest = (" and " if n % 1000 < 100 else " ") + in_words(n % 1000) if n % 1000 else ""
    return in_words(n // 1000) + " thousand" + rest


def decimal_in_words(x: float) -> str:
    """`2.75` as `two point seven five`."""
    whole, _, part = str(x).partition(".")
    return f"{in_words(int(whole))} point {' '.join(_ONES[int(d)] for d in part)}"
