//! Tables are read as what they look like, said where that is a guess, and refused where they look
//! like something else.

use std::path::Path;

use data::{Columns, DataError, Noted, Table};
use proptest::prelude::*;

fn table(name: &str, text: &str) -> Table {
    Table::of(Path::new(name), text.as_bytes().to_vec()).unwrap()
}

fn labelled(
    name: &str,
    text: &str,
    columns: Option<&str>,
) -> Result<Noted<[String; 2]>, DataError> {
    let columns = columns.map(Columns::named);
    let read = table(name, text).labelled(columns.as_ref())?;
    let rows = read.rows.into_iter().map(|row| [row.text, row.label]).collect();
    Ok(Noted { rows, note: read.note })
}

fn related(text: &str, columns: Option<&str>) -> Result<Noted<Vec<String>>, DataError> {
    let columns = columns.map(Columns::named);
    let read = table("pairs.tsv", text).related(columns.as_ref())?;
    let texts = |row: data::Related| [row.query, row.meant].into_iter().chain(row.other).collect();
    Ok(Noted { rows: read.rows.into_iter().map(texts).collect(), note: read.note })
}

#[track_caller]
fn assert_refused<T: std::fmt::Debug>(result: Result<Noted<T>, DataError>, needles: &[&str]) {
    let error = result.expect_err("expected a refusal");
    let (line, help) = (error.to_string(), error.help().unwrap_or_default());
    assert!(!line.contains('\n') && !help.contains('\n'), "{line}\n{help}");
    for needle in needles {
        assert!(
            line.contains(needle) || help.contains(needle),
            "expected {needle:?} in: {line} {help}"
        );
    }
}

/// Four rows of two labels, under a header.
fn under(header: &str) -> String {
    format!("{header}\na good day\tup\na bad day\tdown\nwhat a film\tup\noh no, no\tdown\n")
}

#[test]
fn a_header_is_recognised_by_its_names_in_any_order() {
    for header in
        ["sentence\tlabel", "Text\tClass", "\"text\"\t\"label\"", "\u{feff}review\tsentiment"]
    {
        let read = labelled("a.tsv", &under(header), None).unwrap();
        assert_eq!(read.rows.len(), 4, "{header}");
        assert_eq!(read.rows[3], ["oh no, no", "down"]);
        assert!(read.note.unwrap().contains("line 1 is read as the names"), "{header}");
    }
    let swapped = "label,id,text\nup,1,\"good, it is\"\ndown,2,bad\n";
    let read = labelled("a.csv", swapped, None).unwrap();
    assert_eq!(read.rows, [["good, it is", "up"], ["bad", "down"]]);
    assert!(read.note.unwrap().contains("passed over: \"id\""));
    let glue = "index\tsentence1\tsentence2\tscore\n0\ta\tb\t1.5\n";
    let pairs = table("dev.tsv", glue).rated(None).unwrap().rows;
    assert_eq!((&pairs[0].a[..], &pairs[0].b[..], pairs[0].score), ("a", "b", 1.5));
    let read = related("positive\tanchor\nits answer\ta question\n", None).unwrap();
    assert_eq!(read.rows, [["a question", "its answer"]]);
    let read = related("anchor\tpositive\tnegative\na\tb\tc\n", None).unwrap();
    assert_eq!(read.rows, [["a", "b", "c"]]);
}

#[test]
fn a_header_in_another_language_is_told_by_what_stands_under_it() {
    let read = labelled("a.tsv", &under("Satz\tEtikett"), None).unwrap();
    assert_eq!(read.rows.len(), 4);
    assert!(read.note.unwrap().contains("--columns text,label"), "a guess says how to undo it");
    let read = labelled("a.tsv", "Satz\tWert\na b\t1\nc\t0\n", None).unwrap();
    assert_eq!(read.rows.len(), 2);
    let scores = table("a.csv", "Satz 1;Satz 2;Wertung\na;b;1\nc;d;2\n").rated(None).unwrap();
    assert_eq!(scores.rows.len(), 2);
    let read =
        related("Frage\tAntwort\nwie geht es\tmir geht es gut\nwas ist das\tein Haus\n", None);
    assert_eq!(read.unwrap().rows.len(), 2);
}

#[test]
fn a_first_row_that_is_none_stays_a_row() {
    for rows in [
        "river\tein Fluss\nthe cat\teine Katze\na cat\teine Katze\ndog\tHund\nmy dog\tHund\n",
        "what a film\tsehr gut\nnothing\t0\n",
        "cat\tanimal\ndog\tanimal\napple\tfruit\n",
        "the cat\teine Katze\nriver\tein Fluss\n",
    ] {
        let read = labelled("a.tsv", rows, None).unwrap();
        assert_eq!((read.rows.len(), read.note), (rows.lines().count(), None), "{rows}");
    }
    let words = related("cat\tKatze\ndog\tHund\n", None).unwrap();
    assert_eq!((words.rows.len(), words.note), (2, None));
    let named = labelled("a.tsv", &under("Satz\tEtikett"), Some("text,label")).unwrap();
    assert_eq!(named.rows.len(), 5, "a user who names columns is believed");
    assert!(named.note.unwrap().contains("line 1 is read as a row"));
}

#[test]
fn a_first_line_of_the_names_that_a_user_gives_is_a_header() {
    let texts = |text: &str, columns: &str| {
        let read = table("a.tsv", text).texts(Some(&Columns::named(columns))).unwrap();
        (read.rows, read.note.unwrap_or_default())
    };
    let rows = "1\tthe cat\tanimal\n2\tan apple\tfruit\n";
    for header in ["nr\tsatz\tkind\n", "nr\ttext\tart\n", "nr\tText\tKind\n"] {
        let (read, note) = texts(&format!("{header}{rows}"), "-,text,kind");
        assert_eq!(read, ["the cat", "an apple"], "{header}");
        assert!(note.contains("line 1 is read as the names"), "{note}");
    }
    let (read, note) = texts(&format!("nr\tsatz\tart\n{rows}"), "-,text,kind");
    assert_eq!(read, ["satz", "the cat", "an apple"]);
    assert!(note.contains("line 1 is read as a row"), "{note}");
    let (read, note) = texts(rows, "-,text,kind");
    assert_eq!((read.len(), &note[..]), (2, ""));
    let by = |text: &str| {
        let columns = Columns::named("-,text,kind");
        table("a.tsv", text).labelled_by("kind", Some(&columns)).unwrap().rows.len()
    };
    assert_eq!([by(&format!("nr\tsatz\tkind\n{rows}")), by(rows)], [2, 2]);
}

#[test]
fn a_name_that_stands_twice_is_refused() {
    let rows = "the cat\ta cat\tup\nthe dog\ta dog\tdown\n";
    for columns in ["text,text,label", "text,Text,label", "text,label,label"] {
        assert_refused(labelled("a.tsv", rows, Some(columns)), &[columns, "each once"]);
        let columns = Columns::named(columns);
        assert!(table("a.tsv", rows).labelled_by("label", Some(&columns)).is_err());
    }
    let texts = table("a.tsv", rows).texts(Some(&Columns::named("-,-,text"))).unwrap().rows;
    assert_eq!(texts, ["up", "down"]);
    let header = format!("text\ttext\tlabel\n{rows}");
    assert_refused(labelled("a.tsv", &header, None), &["one column of the text", "\"text\" and"]);
    let header = format!("text\tkind\tkind\n{rows}");
    assert!(table("a.tsv", &header).labelled_by("kind", None).is_err());
}

#[test]
fn a_blank_before_a_quote_does_not_cut_the_cell() {
    for (name, text) in [
        ("a.csv", "good,\"up, or so\"\nbad, \"down, \"\"far\"\" down\"\n"),
        ("a.csv", "good, \"up, or so\"\n \"bad\" ,  \"down, \"\"far\"\" down\"  \r\n"),
        ("a.tsv", "good\t \"up, or so\"\nbad\t \"down, \"\"far\"\" down\"\n"),
    ] {
        let read = labelled(name, text, None).unwrap().rows;
        assert_eq!(read, [["good", "up, or so"], ["bad", "down, \"far\" down"]], "{text}");
    }
    let lines = labelled("a.csv", "a, \"b\nc\"\n\n \"d, e\",\n", None);
    assert_refused(lines, &["line 4", "1 of them empty"]);
    let part = "well, \"well\" he said\n\" \"\"oh\"\"\", no\n";
    let read = labelled("a.csv", part, None).unwrap().rows;
    assert_eq!(read, [["well", "\"well\" he said"], ["\"oh\"", "no"]]);
}

#[test]
fn a_table_of_bars_is_refused_and_a_text_with_one_is_read() {
    for (name, text) in [
        ("a.csv", "text|label\ngood, yes|up\nbad|down\n"),
        ("a.csv", "good, yes|up\nbad, no|down\n"),
        ("a.tsv", "good|up\nbad|down\n"),
        ("a.txt", "good|up\nbad|down\n"),
    ] {
        assert!(table(name, text).has_bars());
        assert_refused(labelled(name, text, None), &["found `|`", "to_csv"]);
        let named = table(name, text).texts(Some(&Columns::named("text,label")));
        assert_refused(named, &["found `|`", "to_csv"]);
    }
    for (name, text) in [
        ("a.tsv", "a|b\tup\nc|d\tdown\n"),
        ("a.csv", "\"a|b\",up\n\"c|d\",down\n"),
        ("a.csv", "a|b,up\nc,down\n"),
        ("a.csv", "a|b,up\n"),
    ] {
        assert!(!labelled(name, text, None).unwrap().rows.is_empty(), "{text}");
    }
}

#[test]
fn what_a_column_cannot_be_is_asked_about_and_not_learned() {
    let scores = "the cat\ta cat\t4.5\nthe dog\ta car\t0.5\n";
    assert_refused(
        related(scores, None),
        &["column 3", "a number", "\"4.5\"", "--columns anchor,positive"],
    );
    let kept = related(scores, Some("anchor,positive,-")).unwrap();
    assert_eq!(kept.rows, [["the cat", "a cat"], ["the dog", "a car"]]);
    let header = "sentence1\tsentence2\tscore\n".to_string() + scores;
    assert_refused(related(&header, None), &["\"score\"", "which do"]);
    let nli = "a b\tc d\tneutral\ne f\tg\tentailment\nh\ti j\tneutral\nk\tl m\tentailment\n";
    assert_refused(related(nli, None), &["column 3", "labels"]);
    assert_refused(related("a film\t1\nno film\t0\n", None), &["column 2", "a number"]);
    assert_refused(related("q1\ta text\nq2\tanother text\n", None), &["column 1", "an id"]);
    let swapped = "up\ta good day\ndown\ta bad day\nup\twhat a film\ndown\toh no\n";
    assert_refused(labelled("a.tsv", swapped, None), &["swapped", "--columns text,label"]);
    let read = labelled("a.tsv", swapped, Some("label,text")).unwrap();
    assert_eq!(read.rows[0], ["a good day", "up"]);
    assert_refused(labelled("a.tsv", "1\tup\n2\tdown\n3\tup\n", None), &["column 1", "a number"]);
    assert_refused(
        labelled("a.tsv", "title\tbody\tlabel\na\tb\tc\n", None),
        &["one column of the text", "\"title\" and \"body\""],
    );
    assert_refused(
        table("a.tsv", "1\tthe cat\n2\ta dog\n").texts(None),
        &["2 columns", "--columns"],
    );
    let texts = table("a.tsv", "1\tthe cat\n2\ta dog\n");
    assert_eq!(texts.texts(Some(&Columns::named("id,text"))).unwrap().rows, ["the cat", "a dog"]);
    assert_eq!(table("a.tsv", "id\ttext\n1\tthe cat\n").texts(None).unwrap().rows, ["the cat"]);
    assert_refused(
        labelled("a.tsv", &under("a\tb"), Some("text,foo")),
        &["text,foo", "text,label"],
    );
}

#[test]
fn commas_semicolons_and_tabs_divide_by_one_rule() {
    let expected = [["good, yes", "up"], ["no; never", "down"]];
    for (name, text) in [
        ("a.tsv", "good, yes\tup\nno; never\tdown\n"),
        ("a.txt", "good, yes\tup\nno; never\tdown"),
        ("a.csv", "\"good, yes\",up\r\nno; never,down\r\n"),
        ("a.CSV", "good, yes;up\n\"no; never\";down\n"),
        ("a", "\"good, yes\",up\n\n\"no; never\",down\n"),
        ("a.csv", "good\u{0}yes"),
    ] {
        if text.contains('\0') {
            assert!(Table::of(Path::new(name), text.into()).is_err());
            continue;
        }
        assert_eq!(labelled(name, text, None).unwrap().rows, expected, "{name}: {text}");
    }
    let old = labelled("a.tsv", "a b\tup\rc d\tdown\r", None).unwrap();
    assert_eq!(old.rows, [["a b", "up"], ["c d", "down"]]);
    assert_refused(labelled("a.csv", "a,b;c\nd,e;f\n", None), &["both in every row"]);
}

#[test]
fn quotes_hold_line_breaks_and_those_of_a_text_stay() {
    let csv = "text,label\n\"two\nlines, and a \"\"word\"\"\",up\nplain,down\n";
    let rows = labelled("a.csv", csv, None).unwrap().rows;
    assert_eq!(rows[0], ["two\nlines, and a \"word\"", "up"]);
    let pandas = "text\tlabel\n\"two\nlines\"\tup\n\"a \"\"word\"\"\"\tdown\n";
    let rows = labelled("a.tsv", pandas, None).unwrap().rows;
    assert_eq!(rows, [["two\nlines", "up"], ["a \"word\"", "down"]]);
    let glue = "\" the film is\tup\ngreat \"\tdown\n\"well\" he said\tup\n";
    let rows = labelled("a.tsv", glue, None).unwrap().rows;
    assert_eq!(rows[0], ["\" the film is", "up"]);
    assert_eq!(rows[2], ["\"well\" he said", "up"]);
    assert_refused(labelled("a.csv", "a,up\n\n\"b,down\nc,up\n", None), &["line 3", "not closed"]);
}

#[test]
fn a_ragged_or_empty_row_is_named_by_its_line() {
    assert_refused(labelled("a.csv", "a,up\n\nb\n", None), &["line 3", "1 column"]);
    assert_refused(
        labelled("a.csv", "text,label\na,up\n,down\n", None),
        &["line 3", "1 of them empty"],
    );
    assert_refused(labelled("a.csv", "\"a\nb\",up\nc,\n", None), &["line 3", "1 of them empty"]);
    let three = "id,text,label\n1,a,up\n2,b\n";
    assert_refused(labelled("a.csv", three, None), &["line 3", "2 columns"]);
    assert_eq!(labelled("a.csv", "id,text,label\n,a,up\n,b,up\n", None).unwrap().rows.len(), 2);
    assert_refused(labelled("a.csv", "text,label\n", None), &["no row"]);
    assert_refused(labelled("a.tsv", "a\tb\tc\td\n", None), &["4 columns", "--columns"]);
}

#[test]
fn a_text_a_line_is_no_table_and_equal_columns_are() {
    for (name, text, is_table) in [
        ("a.txt", "one\ttab\nand none\n", false),
        ("a.txt", "the cat, a dog\n", false),
        ("a.txt", "1\tthe cat\n\n2\ta dog\n", true),
        ("a.csv", "the cat\n", true),
        ("-", "", false),
    ] {
        assert_eq!(table(name, text).has_columns().unwrap(), is_table, "{text:?}");
    }
}

#[test]
fn a_text_that_is_nearly_a_table_is_asked_about() {
    for (text, needles) in [
        ("1\tcat\n2\tdog\n3\n", ["line 3", "1 column where most rows have 2"]),
        ("\ncat\n1\tcat\n2\tdog\n", ["line 2", "1 column where most rows have 2"]),
        ("1\tcat\n2\ta\tdog\n3\tfish\n", ["line 2", "3 columns where most rows have 2"]),
    ] {
        let error = table("a.txt", text).has_columns().unwrap_err().to_string();
        let is_told = needles.iter().all(|needle| error.contains(needle));
        assert!(is_told && error.contains(r"tr '\t' ' '"), "{error}");
    }
    let lines = table("a.txt", "a\n\nb \r\nc\rd\n");
    let read: Vec<_> = lines.lines().collect();
    assert_eq!(read[2].as_ref().unwrap(), "b ");
    let error = read[3].as_ref().unwrap_err().to_string();
    assert!(error.contains("a.txt") && error.contains("line 4"), "{error}");
}

#[test]
fn a_column_of_labels_is_taken_by_number_or_name() {
    let by = |text: &str, label: &str, columns: Option<&str>| {
        let columns = columns.map(Columns::named);
        table("a.tsv", text)
            .labelled_by(label, columns.as_ref())
            .map(|read| read.rows.into_iter().map(|row| [row.text, row.label]).collect::<Vec<_>>())
    };
    let noted =
        |rows: Result<Vec<[String; 2]>, DataError>| rows.map(|rows| Noted { rows, note: None });
    assert_eq!(by("kind\tword\nanimal\tcat\n", "kind", None).unwrap(), [["cat", "animal"]]);
    assert_eq!(by("cat\tanimal\napple\tfruit\n", "2", None).unwrap().len(), 2);
    assert_eq!(by("text\tlabel\ncat\tanimal\napple\tfruit\n", "2", None).unwrap().len(), 2);
    let three = "id\ttext\tgenre\n1\tthe cat\ta\n2\ta dog\tb\n";
    assert_eq!(by(three, "genre", None).unwrap()[0], ["the cat", "a"]);
    assert_eq!(by(three, "3", None).unwrap()[0], ["the cat", "a"]);
    assert_refused(noted(by("1\tthe cat\n2\ta dog\n", "2", None)), &["column 1", "a number"]);
    let rows = "1\tthe cat\tx\n2\ta dog\ty\n";
    assert_eq!(by(rows, "label", Some("id,text,label")).unwrap()[0], ["the cat", "x"]);
    assert_refused(noted(by("cat\ndog\n", "2", None)), &["line 1", "column 2", "1 column"]);
    assert_refused(noted(by("cat\tx\ndog\n", "2", None)), &["line 2", "column 2", "1 column"]);
    assert_refused(noted(by("cat\tx\n", "kind", None)), &["line 1", "column kind"]);
    assert_refused(noted(by("cat\tx\n", "0", None)), &["column 0"]);
    assert_refused(noted(by("", "1", None)), &["no row"]);
}

#[test]
fn a_header_of_several_words_and_one_that_comes_again_are_told() {
    let read = labelled("a.tsv", &under("Review Text\tThe Label"), None).unwrap();
    assert_eq!(read.rows.len(), 4);
    let twice = under("text\tlabel").repeat(2);
    assert_refused(labelled("a.tsv", &twice, None), &["line 6", "names of the columns again"]);
    let comma = table("a.csv", "Satz 1;Satz 2;Wert\na;b;1\nc;d;2,5\n");
    assert_refused(comma.rated(None), &["line 3", "a number", "2,5"]);
    assert_refused(labelled("a.tsv", "a, b\n", None), &["1 column at most", "FILE.csv"]);
}

#[test]
fn json_is_no_table() {
    let lines = "{\"text\": \"a\", \"label\": \"b\"}\n{\"text\": \"c\", \"label\": \"d\"}\n";
    for text in [lines, "[\n {\"text\": \"a\"}\n]\n", "{\n\"text\": [\"a\"]\n}"] {
        let error = Table::of(Path::new("a.txt"), text.into()).unwrap_err().to_string();
        assert!(error.contains("found JSON") && error.contains("to_csv"), "{error}");
    }
    for text in ["{curly} start\n", "[MASK] the cat\n", "[1, 2]\tnumbers\n"] {
        assert!(Table::of(Path::new("a.txt"), text.into()).is_ok(), "{text}");
    }
}

proptest! {
    #[test]
    fn any_table_is_read_or_refused_in_one_line(
        text in "[ab1,;\t\"\r\n. é]{0,60}",
        name in prop_oneof!["a.csv", "a.tsv", "a"],
        columns in prop::option::of(prop_oneof!["text,label", "-,text,label", "anchor,positive", "x"]),
    ) {
        let table = table(&name, &text);
        let columns = columns.as_deref().map(Columns::named);
        let columns = columns.as_ref();
        let results = [
            table.labelled(columns).map(|read| read.rows.len()),
            table.related(columns).map(|read| read.rows.len()),
            table.rated(columns).map(|read| read.rows.len()),
            table.texts(columns).map(|read| read.rows.len()),
            table.labelled_by("2", columns).map(|read| read.rows.len()),
        ];
        for result in results {
            match result {
                Ok(rows) => prop_assert!(rows > 0),
                Err(error) => prop_assert_eq!(error.to_string().lines().count(), 1),
            }
        }
    }

    #[test]
    fn quoted_cells_are_read_as_they_were_written(
        rows in prop::collection::vec(("[a-z,;\t\"\n]{0,9}x", "[a-z,;\t\"\n]{0,9}y"), 1..6),
    ) {
        let mut text = String::from("text,label\n");
        for (a, b) in &rows {
            text.push_str(&format!("\"{}\",\"{}\"\n", a.replace('"', "\"\""), b.replace('"', "\"\"")));
        }
        let read = table("a.csv", &text).labelled(Some(&Columns::named("text,label"))).unwrap();
        let expected: Vec<_> = rows.iter().map(|(a, b)| (a.trim().into(), b.trim().into())).collect();
        let found: Vec<(String, String)> =
            read.rows.into_iter().map(|row| (row.text, row.label)).collect();
        prop_assert_eq!(found, expected);
    }
}
