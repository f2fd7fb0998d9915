//! Where the time of a whole model goes: each operation's share of the whole, and how near it comes
//! to what the machine can do, on the fast road and on the plain one.

use std::time::Instant;

use anyhow::Result;
use burn::tensor::Device;
use course::Table;
use indicatif::ProgressBar;
use kernels::tally::{self, Entry, Operation};
use roofline::{Roof, Work, least_seconds, measure};
use serde::Serialize;
use training::Preset;

use super::{Args, encoder, generate, gpt_train};
use crate::shell::options::{BATCH, DEFAULT};
use crate::shell::{names, output};

/// Runs of what the roof is measured by; the shortest counts.
const ROOF_RUNS: usize = 100;

/// Steps of a training that are profiled, after those of the warm-up.
const STEPS: usize = 5;

/// An operation on one road.
#[derive(Serialize)]
struct Row {
    device: String,
    /// `fast` or `plain`.
    road: &'static str,
    operation: &'static str,
    calls: u64,
    /// Its part of the time that passed, in milliseconds.
    ms: f64,
    /// Its share of the whole.
    share: f64,
    gflops_per_s: f64,
    gb_per_s: f64,
    /// The least time that it could take over the time it took; `None` where nothing was counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    share_of_roof: Option<f64>,
    /// What the machine reaches, measured before.
    roof_gflops_per_s: f64,
    roof_gb_per_s: f64,
}

/// Profiles what the arguments name on every device, `plain` on the plain road alone.
pub fn run(args: &Args, plain: bool) -> Result<()> {
    let roof = measure::roof(ROOF_RUNS);
    let roads: &[bool] = if plain || kernels::plain() { &[true] } else { &[false, true] };
    let mut rows = Vec::new();
    for (name, device) in super::devices(args)? {
        let work = work(args, &device)?;
        for &plain in roads {
            let _plain = plain.then(kernels::plain_everywhere);
            work()?; // what is laid out once, and memory, is there afterwards
            tally::start();
            let start = Instant::now();
            let done = {
                let _whole = tally::timer(Operation::Rest, || [0, 0]);
                work()
            };
            let seconds = start.elapsed().as_secs_f64();
            let entries = tally::stop();
            done?;
            let road = if plain { "plain" } else { "fast" };
            rows.extend(rows_of(&name, road, &entries, seconds, &roof));
        }
    }
    output::rows(args.format, &rows, || table(&rows, &roof))
}

/// What is profiled.
fn work<'a>(args: &'a Args, device: &'a Device) -> Result<Box<dyn Fn() -> Result<()> + 'a>> {
    match &args.what[..] {
        "encoder" => {
            let (texts, batch) = (encoder::texts(args)?, args.batch.unwrap_or(BATCH) as usize);
            let model = args.model.as_deref().unwrap_or(DEFAULT);
            let encoder = names::open_named(model, batch, device)?;
            Ok(Box::new(move || {
                encoder.embed(&texts)?;
                Ok(())
            }))
        }
        "generate" => {
            let model = generate::open(args, device)?;
            Ok(Box::new(move || {
                let new = generate::room(&*model, args);
                generate::write(&*model, new, !args.no_cache, device, &ProgressBar::hidden());
                Ok(())
            }))
        }
        _ => {
            let preset = args.preset.sizes();
            let batch = args.batch.map_or(preset.batch, |batch| batch as usize);
            let preset = Preset { batch, dropout: args.dropout, ..preset };
            Ok(Box::new(move || {
                gpt_train::train(&preset, STEPS, device, &ProgressBar::hidden()).map(drop)
            }))
        }
    }
}

/// The operations of one road that were called.
fn rows_of(
    device: &str,
    road: &'static str,
    entries: &[Entry],
    seconds: f64,
    roof: &Roof,
) -> Vec<Row> {
    let mut whole = 0; // on all threads together
    for entry in entries {
        whole += entry.nanoseconds;
    }
    let mut rows = Vec::new();
    for &Entry { operation, calls, nanoseconds, flops, bytes } in entries {
        if calls == 0 {
            continue;
        }
        let share = nanoseconds as f64 / whole.max(1) as f64;
        // Threads that work side by side count the same moment twice: here each has its part of it.
        let own = (share * seconds).max(f64::MIN_POSITIVE);
        let least = least_seconds(roof, &Work { flops, bytes });
        rows.push(Row {
            device: device.to_string(),
            road,
            operation: operation.name(),
            calls,
            ms: own * 1e3,
            share,
            gflops_per_s: flops as f64 / own / 1e9,
            gb_per_s: bytes as f64 / own / 1e9,
            share_of_roof: (flops > 0).then_some(least / own),
            roof_gflops_per_s: roof.flops_per_second / 1e9,
            roof_gb_per_s: roof.bytes_per_second / 1e9,
        });
    }
    rows
}

/// The rows as a table for people.
fn table(rows: &[Row], roof: &Roof) -> String {
    let (flops, bytes) = (roof.flops_per_second / 1e9, roof.bytes_per_second / 1e9);
    let mut table = Table::new([
        "device",
        "operation",
        "calls",
        "ms",
        "share",
        "GFLOP/s",
        "GB/s",
        "of the roof",
    ]);
    for row in rows {
        table.row([
            format!("{}, {}", row.device, row.road),
            row.operation.into(),
            row.calls.to_string(),
            format!("{:.1}", row.ms),
            format!("{:.1} %", row.share * 100.0),
            format!("{:.1}", row.gflops_per_s),
            format!("{:.1}", row.gb_per_s),
            match row.share_of_roof {
                Some(share) => format!("{:.0} %", share * 100.0),
                None => "-".into(),
            },
        ]);
    }
    let over = rows.iter().any(|row| row.share_of_roof.is_some_and(|share| share > 1.0));
    let why = if over { "over 100 %: what was read lay in the processor's caches\n" } else { "" };
    format!("roof: {flops:.0} GFLOP/s, {bytes:.1} GB/s\n{}{why}", output::fitted(&table))
}
