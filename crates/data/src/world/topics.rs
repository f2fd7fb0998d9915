//! How each topic is put into words.

use super::words::{
    ACTIONS, ANIMALS, BANKING, COUNTRIES, COUPLES, EATING, FAMILY, FEELINGS, FRUITS, HABITS, JOBS,
    ROYALS, SHORES, TASTES, WATERS, WAYS,
};
use super::{Dice, Sentence, Topic};

pub(super) fn about(topic: Topic, dice: &mut Dice) -> Sentence {
    let text = match topic {
        Topic::Animals => animals(dice),
        Topic::Food => food(dice),
        Topic::Work => work(dice),
        Topic::Travel => travel(dice),
        Topic::People => people(dice),
        Topic::Motion => motion(dice),
        Topic::Feelings => feelings(dice),
        Topic::Money => money(dice),
        Topic::River => river(dice),
    };
    Sentence::tagged(&text, topic)
}

/// One feeling, said twice of the same person.
pub(super) fn paraphrase(dice: &mut Dice) -> (Sentence, Sentence) {
    let (words, _) = dice.pick(&FEELINGS);
    let first = dice.below(words.len());
    let second = (first + 1 + dice.below(words.len() - 1)) % words.len();
    (feels(words[first], dice), feels(words[second], dice))
}

/// A sentence of one who feels so.
fn feels(feeling: &str, dice: &mut Dice) -> Sentence {
    let text = match dice.below(4) {
        0 => format!("i feel {feeling} today"),
        1 => format!("i am {feeling}"),
        2 => format!("today i am very {feeling}"),
        _ => format!("i feel very {feeling}"),
    };
    Sentence::tagged(&text, Topic::Feelings)
}

fn animals(dice: &mut Dice) -> String {
    let (animal, home, food) = *dice.pick(&ANIMALS);
    let kind = *dice.pick(&["big", "small", "old", "young", "quiet", "hungry"]);
    match dice.below(7) {
        0 => format!("the {animal} lives {home}"),
        1 => format!("the {kind} {animal} sleeps {home}"),
        2 => format!("the {animal} eats {food}"),
        3 => format!("the hungry {animal} hunts for {food} {home}"),
        4 => format!("the {animal} likes {food} and drinks water"),
        5 => format!("a {animal} is a {kind} animal"),
        _ => format!("the {kind} {animal} rests {home} at night"),
    }
}

fn food(dice: &mut Dice) -> String {
    let (fruit, colour) = *dice.pick(&FRUITS);
    let (taste, eats, person) = (*dice.pick(&TASTES), *dice.pick(&EATING), someone(dice));
    let article = if fruit.starts_with(['a', 'o']) { "an" } else { "a" };
    match dice.below(7) {
        0 => format!("the {person} {eats} {article} {fruit}"),
        1 => format!("the {taste} {fruit} grows on the tree"),
        2 => format!("the {fruit} tastes {taste}"),
        3 => format!("the {person} drinks {taste} {fruit} juice"),
        4 => format!("the {person} puts the {colour} {fruit} in the basket"),
        5 => format!("{article} {fruit} is a {taste} fruit"),
        _ => format!("the {person} buys the {colour} {fruit} at the market"),
    }
}

fn work(dice: &mut Dice) -> String {
    let (job, does, what, at) = *dice.pick(&JOBS);
    match dice.below(5) {
        0 => format!("the {job} {does} {what}"),
        1 => format!("the {job} works {at}"),
        2 => format!("every morning the {job} {does} {what} {at}"),
        3 => format!("the {} {job} {does} {what}", dice.pick(&["good", "young", "old", "famous"])),
        _ => format!("the {job} often {does} {what} {at}"),
    }
}

fn travel(dice: &mut Dice) -> String {
    let (country, capital, language) = *dice.pick(&COUNTRIES);
    match dice.below(8) {
        0 => format!("{capital} is the capital of {country}"),
        1 => format!("people in {country} speak {language}"),
        2 => format!("the {} visits {country}", someone(dice)),
        3 => format!("the train reaches the city of {capital}"),
        4 => format!("they speak {language} everywhere in {capital}"),
        5 => format!(
            "the capital of {country} is the {} city of {capital}",
            dice.pick(&["old", "beautiful", "famous"])
        ),
        6 => {
            format!("{country} is a {} country", dice.pick(&["big", "small", "beautiful", "rich"]))
        }
        _ => format!("we learn {language} because we are in {country}"),
    }
}

fn people(dice: &mut Dice) -> String {
    let royal = dice.below(2) == 0;
    let her = dice.below(2) == 1;
    let couple = *if royal { dice.pick(&ROYALS) } else { dice.pick(&FAMILY) };
    let (who, other) = if her { (couple.1, couple.0) } else { couple };
    let (their, pronoun) = if her { ("her", "she") } else { ("his", "he") };
    match (royal, dice.below(6)) {
        (true, 0) => format!("the {who} sits on {their} throne"),
        (true, 1) => format!("the {who} wears {their} golden crown"),
        (true, 2) => format!("the {who} rules the country from {their} palace"),
        (true, 3) => format!("the rich {who} lives in the palace and {pronoun} wears a crown"),
        (false, 0) => {
            format!(
                "the {who} works at home because {pronoun} is {}",
                dice.pick(&["poor", "young", "old"])
            )
        }
        (false, 1) => format!("the {who} lives with {their} children in the village"),
        (false, 2) => format!("the {who} eats soup in {their} kitchen"),
        (false, 3) => format!("the {who} visits {their} friend in the house"),
        (_, 4) if her => format!(
            "the {who} sews her new dress and she loves her {}",
            dice.pick(&["daughter", "granddaughter"])
        ),
        (_, 4) => {
            format!(
                "the {who} shaves his old beard and he loves his {}",
                dice.pick(&["son", "grandson"])
            )
        }
        _ => format!("the {who} loves the {other}"),
    }
}

/// What one action or one couple is known by, where [`motion`] and [`people`] say the same of all.
pub(super) fn habit(dice: &mut Dice) -> Sentence {
    if dice.below(2) == 0 {
        let action = dice.below(ACTIONS.len());
        let way = *dice.pick(&HABITS[action]);
        return Sentence::tagged(&moving(ACTIONS[action], way, dice), Topic::Motion);
    }
    let couple = dice.below(COUPLES.len());
    let (he, she) = *ROYALS.iter().chain(&FAMILY).nth(couple).expect("a habit a couple");
    let [who, their, pronoun] =
        if dice.below(2) == 0 { [he, "his", "he"] } else { [she, "her", "she"] };
    let habit = dice.pick(&COUPLES[couple]).replace("their", their);
    let text = match dice.below(3) {
        0 => format!("the {who} {habit}"),
        1 => format!("every day the {who} {habit}"),
        _ => format!(
            "the {who} {habit} and {pronoun} is {}",
            dice.pick(&["good", "happy", "young", "old"])
        ),
    };
    Sentence::tagged(&text, Topic::People)
}

fn motion(dice: &mut Dice) -> String {
    let action = *dice.pick(&ACTIONS);
    let way = *if action[0] == "swim" { dice.pick(&WATERS) } else { dice.pick(&WAYS) };
    moving(action, way, dice)
}

fn moving([base, now, past, lasting]: [&str; 4], way: &str, dice: &mut Dice) -> String {
    let who = if dice.below(3) == 0 { dice.pick(&ANIMALS).0 } else { someone(dice) };
    match dice.below(9) {
        0 => format!("the {who} can {base} {way}"),
        7 => format!("we {base} {way} every day"),
        8 => format!("they can {base} {way} again"),
        1 => format!("every day the {who} {now} {way}"),
        2 => format!("yesterday the {who} {past} {way}"),
        3 => format!("the {who} is {lasting} {way}"),
        4 => format!("the {who} wants to|particle {base} {way}"),
        5 => format!("the {who} {now} {} {way}", dice.pick(&["slowly", "quickly", "again"])),
        _ => format!("the {who} was {lasting} {way} yesterday"),
    }
}

fn feelings(dice: &mut Dice) -> String {
    let (words, reasons) = dice.pick(&FEELINGS);
    let (feeling, reason) = (*dice.pick(words), *dice.pick(reasons));
    let her = dice.below(2) == 1;
    let (he, she) = *dice.pick(&FAMILY);
    let (who, pronoun) = if her { (she, "she") } else { (he, "he") };
    match dice.below(6) {
        0 => format!("i feel {feeling} today"),
        1 => format!("the {who} is {feeling} because {pronoun} {reason}"),
        2 => format!("i am {feeling} because i {reason}"),
        3 => format!("the {who} feels {feeling} today"),
        4 => format!("you are not {feeling} but i am very {feeling}"),
        _ => format!("the {who} {reason} and {pronoun} feels {feeling}"),
    }
}

fn money(dice: &mut Dice) -> String {
    let (who, does) = (someone(dice), *dice.pick(&BANKING));
    let money = *dice.pick(&["money", "cash", "coins"]);
    match dice.below(7) {
        0 => format!("the {who} {does} {money} at the bank"),
        1 => format!("the bank lends {money} to the {who}"),
        2 => format!("the {who} opens an account at the bank"),
        3 => format!("the bank keeps the {money} of the {who}"),
        4 => format!("the {who} pays the loan to the bank"),
        5 => {
            format!(
                "the {} of the bank went {}",
                dice.pick(&["stock", "price"]),
                dice.pick(&["down", "up"])
            )
        }
        _ => format!("the {who} owes the bank {money}"),
    }
}

fn river(dice: &mut Dice) -> String {
    let (shore, who) = (*dice.pick(&SHORES), someone(dice));
    let animal = dice.pick(&ANIMALS).0;
    match dice.below(6) {
        0 => format!("the {who} sits on the bank of the river"),
        1 => format!("the {animal} drinks water at the {shore} bank"),
        2 => format!("the {who} fishes from the {shore} river bank"),
        3 => format!("a tree stands on the {shore} bank of the lake"),
        4 => format!("the river flows along the {shore} bank"),
        _ => format!("the boat rests in the mud near the {shore} bank"),
    }
}

/// A person: of a job or of a family.
fn someone(dice: &mut Dice) -> &'static str {
    let him_or_her = *dice.pick(&FAMILY);
    match dice.below(4) {
        0 => dice.pick(&JOBS).0,
        1 | 2 => him_or_her.0,
        _ => him_or_her.1,
    }
}
