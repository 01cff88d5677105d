"""What somebody does: view, movement, arms, bag and things in the hands."""

from reidtalk.data.people.chance import chance, one_of
from reidtalk.data.people.figures.carried import IN_HAND
from reidtalk.data.people.wording.garments import garment
from reidtalk.data.people.wording.phrases import legs_show
from reidtalk.data.people.wording.witness import Witness, expand, with_article

SEEN_FROM = {
    "front": "seen from the front|facing the camera|viewed from the front|facing us|from the front|"
    "facing forward|looking towards the camera|front view|facing the viewer",
    "back": "seen from behind|from behind|seen from the back|from the back|viewed from behind|"
    "seen from the rear|from the rear|with {his} back to us|with {his} back to the camera|"
    "facing away|with {his} back turned|back to the camera",
    "right": "seen from the side|in profile|facing right|from the side|side view|turned to the right|"
    "looking to the right|viewed from the side|in side view",
    "left": "seen from the side|in profile|facing left|from the side|side view|turned to the left|"
    "looking to the left|viewed from the side|in side view",
    "front right": "half turned to the right|seen from the front|turned slightly to the right|"
    "facing the camera at an angle|in three-quarter view",
    "front left": "half turned to the left|seen from the front|turned slightly to the left|"
    "facing the camera at an angle|in three-quarter view",
    "back right": "seen half from behind|seen from behind|half turned away|"
    "seen from behind and to the side|facing away to the right",
    "back left": "seen half from behind|seen from behind|half turned away|seen from behind and to the side|"
    "facing away to the left",
}
VIEW_OF = {
    "front": "front view|frontal view|a front view|frontal shot",
    "back": "back view|rear view|back|view from behind|a rear view|the back|back shot",
    "right": "side view|profile|profile view|a side view|right profile",
    "left": "side view|profile|profile view|a side view|left profile",
}
MOVING = {
    "front": "towards the camera|forward|towards us|toward the camera|forwards|ahead|toward us|this way|"
    "closer|up to the camera",
    "back": "away|away|away from the camera|away from us|off|off into the distance|ahead|"
    "away from the viewer|into the background",
    "right": "to the right|toward the right|from left to right|off to the right|right|past|past the camera|"
    "across the picture|towards the right side",
    "left": "to the left|toward the left|from right to left|off to the left|left|past|past the camera|"
    "across the picture|towards the left side",
}
WAYS = {
    # walking and where to, in one phrase
    "front": "coming towards us|coming closer|approaching|coming toward the camera|coming this way|"
    "walking straight at us",
    "back": "leaving|walking off|going away|turning away|about to leave|starting to leave|disappearing",
    "right": "turning to the right|passing by|going past|crossing from left to right|going right|"
    "turning right",
    "left": "turning to the left|passing by|going past|crossing from right to left|going left|turning left",
}
STRIDES = {
    "walking": "walking|walking|walking|striding|stepping|strolling|moving|heading|hurrying|marching",
    "running": "running|jogging|hurrying|rushing|sprinting|racing",
    "riding": "riding|cycling|riding a bike|riding a bicycle|biking",
}
STILL = {
    "walking": "walking|walking|striding|taking a step|in mid stride|in mid-step|strolling along|"
               "striding along|on the move|"
               "walking with a big step|walking with one leg forward|taking a wide step|walking by|"
               "going for a walk|moving quickly|walking along",
    "running": "running|jogging|running fast|in a hurry|on the run|jogging along",
    "standing": "standing|standing still|standing|waiting|standing upright|standing there|not moving|"
                "standing around|standing with feet apart|posing|stopping",
    "sitting": "sitting|seated|sitting down|sitting on a seat|resting on a seat",
    "crouching": "crouching|squatting|kneeling down|crouching down|squatting down|crouched low|in a crouch",
    "riding": "riding|riding a bike|cycling|on a bicycle|riding a bicycle|sitting on a bike|cycling along",
    "bending": "bending forward|leaning forward|bending over|bending down|leaning over|stooping",
}  # fmt: skip
ARMS = {
    "folded": "with {his} arms crossed|with folded arms|with arms folded|with crossed arms|"
    "with {his} arms folded across {his} chest",
    "pocket": "with a hand in {his} pocket|with one hand in {his} pocket|with {his} hand in a pocket",
    "pockets": "with {his} hands in {his} pockets|with both hands in the pockets|with hands in pockets",
    "hip": "with {his} hands on {his} hips|with hands on hips|with both hands on {his} hips",
    "behind back": "with {his} hands behind {his} back|with hands clasped behind {his} back|"
    "with both hands behind {his} back",
    "reaching": "reaching up|with one arm raised|raising an arm|lifting one arm|reaching for something|"
    "with {his} arm up|with one hand in the air",
    "pointing": "with an arm stretched out|pointing at something|with one arm held out|"
    "stretching out an arm|reaching out|pointing ahead",
    "both up": "with both arms raised|with {his} arms in the air|raising both arms|with both hands up|"
    "lifting {his} arms|with {his} hands above {his} head",
    "swinging up": "swinging an arm|with one arm raised high|raising {his} arm|in mid-swing",
    "hands in front": "with {his} hands in front of {him}|with hands clasped in front|"
    "with both hands in front of {his} body|with hands folded in front",
    "strap": "with one arm bent|with a hand at {his} shoulder|with one elbow bent|"
    "with one hand up at {his} chest",
    "hanging": "with {his} arms by {his} sides|with arms hanging down|with {his} arms at {his} sides|"
    "with both arms hanging down",
    "swinging": "with {his} arms swinging|swinging {his} arms|with one arm swinging|with swinging arms",
}
SEEN_FROM_BEHIND = (
    "hip",
    "behind back",
    "reaching",
    "pointing",
    "both up",
    "swinging up",
    "hanging",
    "swinging",
)
HELD = {
    "phone": "holding a [|mobile |cell |smart]phone|using a [|mobile |cell |smart]phone|with a [|mobile |"
             "smart]phone in {his} hand|"
             "looking at a [|cell]phone|with a phone|on the phone|with a cellphone in hand|holding a mobile",
    "phone at ear": "talking on [a|the] phone|with a [|mobile |cell ]phone at {his} ear|making a phone call|"
    "on the phone|holding a phone to {his} ear|speaking into a phone|with a hand at {his} ear",
    "cup": "holding a cup|with a coffee cup in {his} hand|carrying a drink|holding a [paper|coffee|"
           "white] cup|with a cup of coffee|"
           "drinking coffee|with a drink in {his} hand|holding a mug",
    "bottle": "holding a bottle|with a water bottle in {his} hand|with a bottle in {his} hand|"
              "carrying a bottle of water|with a plastic bottle|holding a drink",
    "book": "reading a book|holding a book|with a book in {his} hands|reading|looking into a book|"
            "with an open book|holding some papers|with a magazine",
    "box": "carrying a box|holding a cardboard box in both hands|with a box in {his} arms|"
           "carrying a [cardboard|brown] box|carrying a parcel|"
           "with a package|holding a large box|holding a box in front of {him}|carrying a carton",
    "papers": "holding some papers|with papers in {his} hand|carrying papers|reading a sheet of paper|"
    "with a sheet of paper|holding documents|clutching some papers|looking at papers",
    "bat": "holding a bat|with a baseball bat|swinging a bat|with a wooden bat in {his} hands|"
    "carrying a baseball bat|playing baseball",
    "racket": "holding a racket|with a tennis racket|swinging a racket|with a racket in {his} hand|"
    "playing tennis|carrying a tennis racket",
    "ball": "holding a ball|with a ball in {his} hand|carrying a ball|with a ball|playing with a ball",
    "flowers": "holding flowers|with a bunch of flowers|carrying a bouquet|with flowers in {his} hand|"
    "holding a bouquet of flowers",
    "pram": "pushing a pram|with a stroller|pushing a stroller|pushing a baby carriage|with a pram|"
    "pushing a buggy|pushing a pushchair",
    "trolley": "pushing a trolley|with a shopping cart|pushing a shopping trolley|pushing a cart|"
    "pushing a shopping cart|with a trolley",
    "bicycle": "pushing a bicycle|with a bike|wheeling a bicycle|pushing a bike|walking a bike|"
    "with a bicycle beside {him}|holding a bicycle",
    "bike": "on a bike|riding a bicycle|on a bicycle|riding a bike|on {his} bike",
    "skateboard": "carrying a skateboard|holding a skateboard|with a skateboard under {his} arm|"
    "with a skateboard",
    "coat": "with a coat over {his} arm|carrying a coat|with a jacket over {his} arm|carrying a jacket",
    "baby": "holding a baby|carrying a baby|with a baby in {his} arms|carrying a small child|"
    "holding an infant",
    "dog": "walking a dog|with a dog|with a dog on a [leash|lead]|walking {his} dog|"
    "holding a [dog leash|leash]",
    "umbrella": "holding {umbrella}|under {umbrella}|carrying {umbrella}|with {umbrella}|"
                "with {umbrella} up|holding up {umbrella}|with an open umbrella",
}  # fmt: skip
BAG_WAYS = {
    "backpack": "carrying {}|wearing {}|with {}|with {}|with {} on {his} back|with {} on|"
    "carrying {} on {his} back|with {} on both shoulders",
    "suitcase": "pulling {}|with {}|wheeling {}|dragging {}|with {} in tow|travelling with {}|carrying {}",
    "shoulder bag": "carrying {}|with {}|with {} over {his} shoulder|with {} hanging from {his} shoulder|"
    "with {} at {his} side|with {} on {his} arm|with {} on a strap",
    "messenger bag": "carrying {}|with {}|wearing {}|with {} slung across {his} body|with {} at {his} hip|"
    "with {} hanging at {his} side",
    "waist bag": "wearing {}|with {}|with {} at {his} waist|with {} on {his} hip|carrying {}",
    "guitar case": "carrying {}|with {}|with {} on {his} back|carrying {} on {his} back",
}
ANYWHERE = "carrying {}|with {}|bearing {}"
HAND_WAYS = "carrying {}|holding {}|with {} in {his} hand|with {}|carrying {} in one hand|with {} in one hand"
PLACES = (
    "[by|near|at|beside|next to|in front of|close to|opposite] the [door|entrance|exit|wall|gate|shop|"
    "window|stairs|counter|station|car park|"
    "escalator|shelves|building|bus stop|table|fence|corner|lift|elevator|crossing|platform|car|desk|bench]",
    "[on|along|down] the [street|pavement|sidewalk|road|path]",
    "in [the|a] [street|shop|store|hall|hallway|corridor|aisle|park|mall|shopping centre|supermarket|"
    "warehouse|lobby|parking lot|room|office|square|shop aisle|yard]",
    "[at|beside|near|by] a [table|door|wall|post|car|window|tree|shelf|bench|brown door|white table]",
    "[among|near|beside|in front of] [the shelves|some shelves|a display|the racks|plants|dishes|a counter|"
    "boxes|a fridge|a ribbon|stalls]",
    "in the [snow|rain|fog|sun|shade|crowd|dark]",
    "on [a|the] [beach|court|sports field|playground|clay court|lawn|terrace|balcony|platform]",
    "[partly hidden behind|behind|next to|together with|ahead of] [someone|another person|a man|a woman|"
    "a child|a group|a friend|a post|a car]",
    "[outside|inside|outdoors|indoors|on the grass|on campus|on the stairs|at the crosswalk|in the city|"
    "in the background]",
)
FINITE = {
    "coming": "comes", "leaving": "leaves", "passing": "passes", "crossing": "crosses", "going": "goes",
    "approaching": "approaches", "cycling": "cycles", "riding": "rides", "biking": "bikes",
    "crouching": "crouches", "making": "makes", "clutching": "clutches", "squatting": "squats",
    "carrying": "carries", "using": "uses", "pushing": "pushes", "reaching": "reaches",
    "stretching": "stretches", "marching": "marches", "rushing": "rushes", "hurrying": "hurries",
    "racing": "races", "striding": "strides", "moving": "moves", "posing": "poses",
    "raising": "raises", "taking": "takes", "facing": "faces", "running": "runs",
    "jogging": "jogs", "strolling": "strolls", "stepping": "steps", "sitting": "sits",
    "dragging": "drags", "swinging": "swings", "travelling": "travels", "wheeling": "wheels",
    "pulling": "pulls", "stopping": "stops",
}  # fmt: skip
"""Third persons that are more than the stem and an s."""
NO_HAT = "no hat|without a hat|bareheaded|hatless|no headwear"
NO_BAG = "without a bag|no bag|not carrying anything|without any bag|carrying nothing"
NO_GLASSES = "no glasses|without glasses"


def place(witness: Witness) -> str:
    """A place the person might be at; true of nothing in the picture."""
    return expand(one_of(witness.rng, PLACES), witness.rng)


def seen_from(witness: Witness) -> str:
    """Seen from behind, facing the camera, in profile."""
    witness.told.add("side")
    return one_of(witness.rng, SEEN_FROM.get(witness.view.facing, SEEN_FROM[witness.side]).split("|"))


def looks_to(witness: Witness) -> str:
    """Where somebody faces, as a verb in -ing or a participle: facing the camera, turned to the left."""
    witness.told.add("side")
    ways = SEEN_FROM.get(witness.view.facing, SEEN_FROM[witness.side]).split("|")
    facing = [
        way for way in ways if way.startswith(("facing", "looking", "turned", "half", "with {his} back"))
    ]
    return one_of(witness.rng, facing or ways)


def view_of(witness: Witness) -> str:
    """Back view, side view: what a caption calls the picture."""
    witness.told.add("side")
    return one_of(witness.rng, VIEW_OF[witness.side].split("|"))


def doing(witness: Witness) -> str:
    """A phrase for movement and view: walking away; standing, seen from behind."""
    view, rng, legs = witness.view, witness.rng, witness.view.legs
    if "doing" in witness.told:
        return ""
    witness.told.add("doing")
    where = f" {place(witness)}" if chance(rng, 0.16) else ""
    if legs in STRIDES and "side" not in witness.told and chance(rng, 0.72):
        witness.told.add("side")
        if legs == "walking" and chance(rng, 0.17):
            return one_of(rng, WAYS[witness.side].split("|")) + where
        stride, way = one_of(rng, STRIDES[legs].split("|")), one_of(rng, MOVING[witness.side].split("|"))
        return f"{stride} {way}{where}"
    posture = one_of(rng, STILL.get(view.legs, view.legs).split("|")) + where
    if "side" in witness.told or chance(rng, 0.5):
        return posture
    return f"{posture}, {seen_from(witness)}"


def finite(phrase: str) -> str:
    """A gesture as the verb of its own sentence: "holds a cup", "has folded arms", "is in profile"."""
    first, _, rest = phrase.partition(" ")
    if first == "with":
        return f"has {rest}"
    if not first.endswith("ing"):
        return f"is {phrase}"
    return f"[is {phrase}|{FINITE.get(first, first[:-3] + 's')} {rest}]"


def gestures(witness: Witness) -> list[str]:
    """Phrases for bag, held things, arms and bare limbs, each true of this picture and not told yet."""
    view, rng = witness.view, witness.rng
    phrases = [bag(witness)] if chance(rng, 0.88) else []
    if "held" not in witness.told:
        for thing in view.held:
            witness.told.add("held")
            if chance(rng, 0.8):
                phrases.append(_held(witness, thing))
    if chance(rng, 0.3):
        phrases.append(arms(witness))
    if chance(rng, 0.14):
        phrases.append(bare(witness))
    if chance(rng, 0.045):
        phrases.append(missing(witness))
    return [phrase for phrase in phrases if phrase]


def _held(witness: Witness, thing: str) -> str:
    """A thing in the hand; one without words of its own is held by its name."""
    ways = HELD.get("phone at ear" if thing == "phone" and "phone at ear" in witness.view.arms else thing)
    ways = ways or f"holding {with_article(thing)}|with {with_article(thing)} in {{his}} hand"
    way = expand(f"[{ways}]", witness.rng)
    if "{umbrella}" in way:
        umbrella = with_article(f"{witness.colour(witness.person.umbrella)}umbrella")
        way = way.replace("{umbrella}", umbrella)
    return way


def arms(witness: Witness) -> str:
    """What free arms do, as far as the view shows it."""
    view, rng = witness.view, witness.rng
    if view.held or "arms" in witness.told:
        return ""
    witness.told.add("arms")
    arm = next((arm for arm in view.arms if arm in ARMS and arm != "hanging"), "")
    if view.arms == ("pocket", "pocket"):
        arm = "pockets"
    elif view.arms == ("hanging", "hanging") and "bag" not in view.seen:
        arm = "hanging" if view.legs == "standing" else "swinging" if view.legs == "walking" else ""
    shown = arm in SEEN_FROM_BEHIND if witness.side == "back" else arm != "behind back"
    return one_of(rng, ARMS[arm].split("|")) if arm and shown else ""


def bare(witness: Witness) -> str:
    """Bare legs, arms or feet where skin shows."""
    person, rng = witness.person, witness.rng
    found = []
    short = person.lower is not None and person.lower.cut.plural and person.lower.cut.sleeve < 0.5
    if (short or legs_show(person)) and witness.sees("legs") and not (person.legwear and not short):
        found += ["with bare legs", "bare-legged", "with {his} legs bare"]
    top = person.inner if person.upper.cut.layered else person.upper
    if top.cut.sleeve < 0.4 and not person.upper.open:
        found += ["with bare arms", "with bare forearms"] if top.cut.sleeve < 0.05 else ["with bare forearms"]
    ankles = person.lower is not None and person.lower.cut.plural and 0.6 < person.lower.cut.sleeve < 0.97
    if ankles and not person.legwear and person.shoes.cut.sleeve < 0.1 and witness.sees("shoes"):
        found += ["with bare ankles", "with {his} ankles bare", "with {his} ankles showing"]
    if legs_show(person) and witness.sees("legs") and not person.legwear and person.hem > 0.15:
        found += ["with bare calves"]
    if person.shoes.kind in ("sandals", "flip-flops") and not person.legwear and witness.sees("shoes"):
        found += ["barefoot in sandals", "with bare feet in open shoes"]
    return one_of(rng, found) if found else ""


def missing(witness: Witness) -> str:
    """Something the person does not have, where the picture would show it."""
    person = witness.person
    found = []
    if person.hat is None and witness.sees("head") and not witness.view.hood_up:
        found.append(NO_HAT)
    if person.bag is None and not witness.view.held and witness.sees("lower"):
        found.append(NO_BAG)
    if not person.glasses and witness.sees("glasses"):
        found.append(NO_GLASSES)
    phrase = one_of(witness.rng, one_of(witness.rng, found).split("|")) if found else ""
    return f"with {phrase}" if phrase.startswith("no ") else phrase


def bag(witness: Witness) -> str:
    """A phrase for the bag, beginning with a verb in -ing or "with"; empty when there is none to see."""
    worn = witness.person.bag
    if worn is None or not witness.first("bag"):
        return ""
    phrase = garment(witness, worn)
    if chance(witness.rng, 0.03):
        phrase = one_of(witness.rng, ("some kind of bag", "a bag", "some bag"))
    ways = (BAG_WAYS.get(worn.kind) or (HAND_WAYS if worn.kind in IN_HAND else ANYWHERE)).split("|")
    placed = any(word in phrase for word in (" on ", " over ", " across "))
    return one_of(witness.rng, ways[:3] if placed else ways).replace("{}", phrase)
