//! What is in the world: who lives where, eats what, speaks which language.

use super::Tag;

/// Animal, where it lives (with preposition), what it eats.
pub(super) const ANIMALS: [(&str, &str, &str); 12] = [
    ("cat", "in the house", "fish"),
    ("dog", "in the garden", "meat"),
    ("fish", "in the river", "worms"),
    ("horse", "on the farm", "grass"),
    ("cow", "on the farm", "grass"),
    ("sheep", "on the hill", "grass"),
    ("bird", "in the tree", "seeds"),
    ("rabbit", "in the field", "carrots"),
    ("bear", "in the forest", "honey"),
    ("wolf", "in the forest", "meat"),
    ("mouse", "in the house", "cheese"),
    ("duck", "near the lake", "bread"),
];

/// Fruit and its colour.
pub(super) const FRUITS: [(&str, &str); 6] = [
    ("apple", "red"),
    ("orange", "round"),
    ("banana", "yellow"),
    ("pear", "green"),
    ("plum", "purple"),
    ("cherry", "red"),
];

/// How a fruit may taste.
pub(super) const TASTES: [&str; 4] = ["sweet", "ripe", "fresh", "sour"];

/// What is done to a fruit.
pub(super) const EATING: [&str; 5] = ["eats", "peels", "picks", "washes", "buys"];

/// Job, what it does, to whom or what, where.
pub(super) const JOBS: [(&str, &str, &str, &str); 10] = [
    ("teacher", "teaches", "the children", "at the school"),
    ("doctor", "heals", "the patients", "in the hospital"),
    ("nurse", "helps", "the patients", "in the hospital"),
    ("baker", "bakes", "the bread", "in the bakery"),
    ("chef", "makes", "the soup", "in the kitchen"),
    ("farmer", "feeds", "the cows", "on the farm"),
    ("sailor", "steers", "the ship", "on the sea"),
    ("painter", "paints", "the wall", "in the house"),
    ("gardener", "waters", "the flowers", "in the garden"),
    ("writer", "writes", "the book", "in the library"),
];

/// Country, its capital, its language.
pub(super) const COUNTRIES: [(&str, &str, &str); 12] = [
    ("france", "paris", "french"),
    ("germany", "berlin", "german"),
    ("italy", "rome", "italian"),
    ("spain", "madrid", "spanish"),
    ("japan", "tokyo", "japanese"),
    ("russia", "moscow", "russian"),
    ("greece", "athens", "greek"),
    ("portugal", "lisbon", "portuguese"),
    ("poland", "warsaw", "polish"),
    ("egypt", "cairo", "arabic"),
    ("china", "beijing", "chinese"),
    ("sweden", "stockholm", "swedish"),
];

/// Him and her, of a court.
pub(super) const ROYALS: [(&str, &str); 3] =
    [("king", "queen"), ("prince", "princess"), ("duke", "duchess")];

/// Him and her, of a family.
pub(super) const FAMILY: [(&str, &str); 6] = [
    ("man", "woman"),
    ("boy", "girl"),
    ("father", "mother"),
    ("brother", "sister"),
    ("uncle", "aunt"),
    ("husband", "wife"),
];

/// A way to move: run, runs, ran, running.
pub(super) const ACTIONS: [[&str; 4]; 8] = [
    ["run", "runs", "ran", "running"],
    ["walk", "walks", "walked", "walking"],
    ["sprint", "sprints", "sprinted", "sprinting"],
    ["swim", "swims", "swam", "swimming"],
    ["jump", "jumps", "jumped", "jumping"],
    ["climb", "climbs", "climbed", "climbing"],
    ["dance", "dances", "danced", "dancing"],
    ["march", "marches", "marched", "marching"],
];

/// Where one moves to.
pub(super) const WAYS: [&str; 8] = [
    "across the field",
    "along the road",
    "around the lake",
    "to the village",
    "through the forest",
    "over the hill",
    "along the river",
    "around the house",
];

/// Where one swims to.
pub(super) const WATERS: [&str; 4] =
    ["across the lake", "across the river", "in the sea", "to the boat"];

/// Where each of the [`ACTIONS`] is at home.
pub(super) const HABITS: [[&str; 3]; 8] = [
    ["in the game", "for the prize", "with the horse"],
    ["with the dog", "to the library", "in the garden"],
    ["to the train", "from the monster", "from the wolf"],
    ["in the sea", "to the ship", "with the fish"],
    ["over the wall", "over the stones", "over the basket"],
    ["in the tree", "on the cherry tree", "to the bird"],
    ["at the party", "in the palace", "for the king"],
    ["to the capital", "through the mud", "through the city"],
];

/// What each couple of [`ROYALS`] does, then each of [`FAMILY`]; `their` stands for his or her.
pub(super) const COUPLES: [[&str; 3]; 9] = [
    ["rules their country", "wears their golden crown", "sits on their throne in the capital"],
    ["wants their horse", "feeds their horse", "dreamed of their horse"],
    ["keeps their ship", "paints their ship", "steers their ship on the sea"],
    ["works in their city", "went to their city", "lives near the market of their city"],
    ["likes their toy", "broke their toy", "missed the game with their toy"],
    ["teaches their children", "feeds their children", "helps their children at school"],
    ["got their letter", "writes their letter", "waited for their letter from home"],
    ["buys their flowers", "waters their flowers", "puts flowers in their basket"],
    ["makes their soup", "eats soup in their kitchen", "bakes their bread in the kitchen"],
];

/// Words for one feeling, and why one has it.
pub(super) const FEELINGS: [(&[&str], [&str; 3]); 5] = [
    (
        &["happy", "glad", "joyful", "cheerful"],
        ["won a prize", "met a good friend", "got a letter from home"],
    ),
    (
        &["sad", "unhappy", "gloomy", "miserable", "down|adjective"],
        ["lost a friend", "broke the toy", "missed the party"],
    ),
    (&["angry", "furious", "mad"], ["found a lie", "lost the game", "waited all day"]),
    (
        &["tired", "sleepy", "exhausted", "weary"],
        ["worked all night", "slept badly", "carried the stones"],
    ),
    (
        &["afraid", "scared", "frightened", "terrified"],
        ["heard a noise", "saw a shadow", "dreamed of a monster"],
    ),
];

/// What is done to money at a bank.
pub(super) const BANKING: [&str; 6] =
    ["deposits", "saves", "borrows", "withdraws", "counts", "changes"];

/// What lies on the bank of a river.
pub(super) const SHORES: [&str; 5] = ["muddy", "grassy", "steep", "green", "wet"];

/// The words between, and words that only a template holds, by tag.
pub(super) const OTHERS: [(Tag, &str); 10] = [
    (Tag::Determiner, "the a an his her every"),
    (Tag::Pronoun, "i he she we you they"),
    (Tag::Preposition, "in on at of near to with from for across along around through over"),
    (Tag::Conjunction, "and but because"),
    (Tag::Particle, "not"),
    (Tag::Adverb, "yesterday today often very slowly quickly down up badly again everywhere"),
    (
        Tag::Noun,
        "animal fruit juice basket market money bank river lake water tree crown throne palace \
            beard dress city capital country people day night morning loan coins cash account \
            stock price house garden farm hill field forest sea road village meat worms grass \
            seeds carrots honey cheese bread children patients hospital school bakery soup \
            kitchen cows ship wall flowers book library prize friend letter home toy party lie \
            game stones noise shadow monster boat train mud grandson granddaughter son daughter",
    ),
    (
        Tag::Verb,
        "is are was feel feels am lives sleeps eats likes hunts drinks grows tastes sits rests \
            rules wears loves speak learn visits reaches wants can went works opens lends keeps \
            owes pays won met got lost broke missed found waited worked slept carried heard saw \
            dreamed fishes stands flows puts shaves sews",
    ),
    (
        Tag::Adjective,
        "big small old young quiet hungry good all golden beautiful famous rich poor new",
    ),
    (Tag::Punctuation, "."),
];
