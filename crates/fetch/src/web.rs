//! Downloads: resumed, bounded, retried; redirects followed to `https` only.

use std::io::Read;
use std::thread;

use files::{is_web_page, one_line};
use ureq::http::uri::Authority;
use ureq::http::{HeaderMap, Response, Uri};
use ureq::{Agent, Body};

use crate::error::FetchError;
use crate::part::Part;
use crate::request::{Fetch, Progress, Wanted};
use crate::sources::{Hosts, Source, is_commit};

const MOST_REDIRECTS: usize = 8;
/// What a server must at least have sent for an attempt not to count as failed.
const SOME_BYTES: u64 = 64 << 10;
/// The header in which the hub says which commit an answer is of.
const COMMIT_HEADER: &str = "x-repo-commit";

pub(crate) struct Web {
    agent: Agent,
    source: Source,
    hosts: Hosts,
    attempts: u32,
    pause: std::time::Duration,
    /// The commit that the first answer came from: all files are taken from the same.
    commit: Option<String>,
}

/// How one attempt ended.
enum Outcome {
    Complete,
    Absent,
    /// It may go better next time.
    Failed(String),
}

impl Web {
    pub fn new(how: &Fetch, source: Source) -> Web {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_resolve(Some(how.patience))
            .timeout_connect(Some(how.patience))
            .timeout_send_request(Some(how.patience))
            .timeout_recv_response(Some(how.patience))
            .timeout_per_read(Some(how.patience))
            .timeout_per_write(Some(how.patience))
            .user_agent(concat!("rungs/", env!("CARGO_PKG_VERSION")))
            .build()
            .new_agent();
        Web {
            agent,
            source,
            hosts: how.hosts.clone(),
            attempts: how.attempts.max(1),
            pause: how.pause,
            commit: None,
        }
    }

    /// What the files' names are appended to.
    pub fn address(&self) -> String {
        self.source.address(&self.hosts, self.commit.as_deref())
    }

    /// Whether the user named the commit.
    pub fn is_at_a_commit(&self) -> bool {
        matches!(self.source, Source::Hub { commit: Some(_), .. })
    }

    /// Downloads one file into its part; `false` if the server does not have it.
    pub fn download(
        &mut self,
        wanted: &Wanted,
        part: &mut Part,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<bool, FetchError> {
        let url = format!("{}/{}", self.address(), wanted.on_the_hub());
        let (mut failed, mut pause) = (0, self.pause);
        loop {
            let before = part.len()?;
            let reason = match self.attempt(&url, wanted, part, progress)? {
                Outcome::Complete => return Ok(true),
                Outcome::Absent => return Ok(false),
                Outcome::Failed(reason) => reason,
            };
            failed = if part.len()? >= before + SOME_BYTES { 1 } else { failed + 1 };
            if failed >= self.attempts {
                let problem = one_line(&reason);
                return Err(FetchError::Network { url, problem, attempts: failed });
            }
            progress(Progress::Retry { reason: &one_line(&reason) });
            thread::sleep(pause);
            pause = (pause * 2).min(self.pause * 16);
        }
    }

    fn attempt(
        &mut self,
        url: &str,
        wanted: &Wanted,
        part: &mut Part,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Outcome, FetchError> {
        let there = part.len()?;
        if wanted.pin.is_some_and(|pin| there == pin.bytes) {
            return Ok(Outcome::Complete);
        }
        if there > wanted.most {
            part.restart()?;
        }
        let there = part.len()?;
        let response = match self.ask(url, there)? {
            Ok(response) => response,
            Err(reason) => return Ok(Outcome::Failed(reason)),
        };
        let status = response.status().as_u16();
        let page = is_page(response.headers());
        match status {
            200 | 206 if page => {
                let remedy =
                    "this address gives no file: check it, or whether a proxy asks for a login";
                Err(FetchError::Http { url: url.into(), status, found: "a web page", remedy })
            }
            200 | 206 => self.receive(response, url, wanted, part, progress),
            404 => Ok(Outcome::Absent),
            // The part is longer than the file, or the server cannot go on from there.
            416 => {
                part.restart()?;
                Ok(Outcome::Failed("the server has no such range".into()))
            }
            408 | 429 | 500..=599 => Ok(Outcome::Failed(format!("the server answered {status}"))),
            401 | 403 => {
                let remedy = "it is private, gated or misspelt: download it with your account and \
                    give --from";
                Err(FetchError::Http { url: url.into(), status, found: "", remedy })
            }
            _ => {
                let remedy = "check the name, or RUNGS_HUB if it is set";
                Err(FetchError::Http { url: url.into(), status, found: "", remedy })
            }
        }
    }

    /// Asks for what follows `there` bytes, through redirects. The inner error is one that may
    /// pass.
    fn ask(&mut self, url: &str, there: u64) -> Result<Result<Response<Body>, String>, FetchError> {
        let mut at = url.to_string();
        for _ in 0..=MOST_REDIRECTS {
            let here = checked(&at)?;
            let mut request = self.agent.get(&here).header("Accept-Encoding", "identity");
            if there > 0 {
                request = request.header("Range", format!("bytes={there}-"));
            }
            let response = match request.call() {
                Ok(response) => response,
                Err(ureq::Error::BadUri(_) | ureq::Error::Http(_)) => {
                    return Err(FetchError::Address { url: at, problem: "it is no address" });
                }
                Err(error) => return Ok(Err(error.to_string())),
            };
            let commit = text(response.headers(), COMMIT_HEADER).filter(|commit| is_commit(commit));
            if self.commit.is_none() {
                self.commit = commit.map(str::to_string);
            }
            if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
                return Ok(Ok(response));
            }
            at = match text(response.headers(), "location") {
                Some(location) => redirected(&here, location),
                None => {
                    return Err(FetchError::Address {
                        url: at,
                        problem: "it redirects to nowhere",
                    });
                }
            };
        }
        Err(FetchError::Address {
            url: url.into(),
            problem: "it redirects in a circle, or more than 8 times",
        })
    }

    fn receive(
        &self,
        response: Response<Body>,
        url: &str,
        wanted: &Wanted,
        part: &mut Part,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Outcome, FetchError> {
        let there = part.len()?;
        let resumed = response.status().as_u16() == 206;
        let total = match (resumed, range(response.headers())) {
            (true, Some((start, total))) if start == there => Some(total),
            (true, _) => {
                part.restart()?;
                return Ok(Outcome::Failed(
                    "the server sent another range than the one asked for".into(),
                ));
            }
            (false, _) => {
                part.restart()?;
                text(response.headers(), "content-length").and_then(|length| length.parse().ok())
            }
        };
        self.check_total(url, wanted, total)?;
        let mut done = part.len()?;
        progress(Progress::Start {
            file: wanted.file,
            total: total.or(wanted.pin.map(|pin| pin.bytes)),
            done,
        });
        let mut body = response.into_body().into_reader();
        let mut chunk = vec![0; 1 << 16];
        loop {
            let read = match body.read(&mut chunk) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) => return Ok(Outcome::Failed(format!("after {done} bytes: {error}"))),
            };
            if done == 0 && is_web_page(&chunk[..read]) {
                let (status, remedy) = (
                    200,
                    "this address gives no file: check it, or whether a proxy asks for a login",
                );
                return Err(FetchError::Http {
                    url: url.into(),
                    status,
                    found: "a web page",
                    remedy,
                });
            }
            done += read as u64;
            if done > wanted.most {
                return Err(self.wrong_size(
                    url,
                    wanted,
                    format!("more than {} bytes", wanted.most),
                ));
            }
            part.write(&chunk[..read])?;
            progress(Progress::Advance { done });
        }
        match total.or(wanted.pin.map(|pin| pin.bytes)) {
            Some(total) if done < total => {
                Ok(Outcome::Failed(format!("it ended after {done} of {total} bytes")))
            }
            _ => Ok(Outcome::Complete),
        }
    }

    /// What the server says of the size is compared before anything is taken.
    fn check_total(
        &self,
        url: &str,
        wanted: &Wanted,
        total: Option<u64>,
    ) -> Result<(), FetchError> {
        match (wanted.pin, total) {
            (Some(pin), Some(total)) if total != pin.bytes => {
                Err(self.wrong_size(url, wanted, format!("{total} bytes")))
            }
            (None, Some(total)) if total > wanted.most => {
                Err(self.wrong_size(url, wanted, format!("{total} bytes")))
            }
            _ => Ok(()),
        }
    }

    fn wrong_size(&self, url: &str, wanted: &Wanted, found: String) -> FetchError {
        FetchError::NotAsPinned {
            file: wanted.file.into(),
            origin: url.into(),
            expected: wanted.size_text(),
            found,
            remedy: "the server holds another file: check RUNGS_HUB, or give local files with \
                --from",
        }
    }
}

impl Wanted<'_> {
    pub fn size_text(&self) -> String {
        match self.pin {
            Some(pin) => format!("{} bytes", pin.bytes),
            None => format!("at most {} bytes", self.most),
        }
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn is_page(headers: &HeaderMap) -> bool {
    text(headers, "content-type").is_some_and(|kind| kind.trim_start().starts_with("text/html"))
}

/// `Content-Range: bytes START-END/TOTAL`
fn range(headers: &HeaderMap) -> Option<(u64, u64)> {
    let (range, total) = text(headers, "content-range")?.strip_prefix("bytes ")?.split_once('/')?;
    let (start, _) = range.split_once('-')?;
    Some((start.parse().ok()?, total.parse().ok()?))
}

/// The address as it will be asked, if it is followed: `https` only; a plain `http` may be read or
/// changed on its way, unless it does not leave this machine. The parser is the one that the
/// request goes through.
fn checked(address: &str) -> Result<Uri, FetchError> {
    let refuse = |problem| Err(FetchError::Address { url: address.into(), problem });
    let Ok(uri) = address.parse::<Uri>() else {
        let is_https = address.starts_with("https://");
        return refuse(if is_https { "it is no address" } else { "only https addresses are" });
    };
    let names_a_user = uri.authority().is_some_and(|authority| authority.as_str().contains('@'));
    match (uri.scheme_str(), uri.host()) {
        (Some("https"), _) => Ok(uri),
        (Some("http"), _) if names_a_user => refuse("it carries a user's name"),
        (Some("http"), Some("localhost" | "127.0.0.1" | "[::1]")) => Ok(uri),
        (Some("http"), _) => refuse("plain http is for this machine only: use https"),
        _ => refuse("only https addresses are"),
    }
}

/// The address that a redirect from `from` to `location` leads to (RFC 3986, section 5.2, without
/// its dots).
fn redirected(from: &Uri, location: &str) -> String {
    let scheme = from.scheme_str().unwrap_or_default();
    let host = from.authority().map(Authority::as_str).unwrap_or_default();
    let folder = from.path().rsplit_once('/').map_or("", |(folder, _)| folder);
    if location.contains("://") {
        location.into()
    } else if location.starts_with("//") {
        format!("{scheme}:{location}")
    } else if location.starts_with('/') {
        format!("{scheme}://{host}{location}")
    } else {
        format!("{scheme}://{host}{folder}/{location}")
    }
}
