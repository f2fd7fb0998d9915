//! What the lesson shows.
//!
//! Work is counted, and the same everywhere. Times are a record (`times.json`), since a fresh
//! measurement says as much about what else the machine has to do; the last lines are one, and may
//! say anything.

pub mod picture;

use course::{Axis, Figure, Line, Marks, Panel, Point, Report, Run, Table};

use crate::measure::{self, AttentionTime, D_HEAD, HEADS, KernelTime, Measured};
use crate::models::{CountedOperation, decoder_token, minilm, minilm_layer, total};
use crate::online::{HeadSizes, score_bytes, tile_bytes};
use crate::{Roof, Work, attainable, least_seconds};

/// Texts of MiniLM's batch and tokens of each: the mean of the sentences that the README times.
const TEXTS: u64 = 32;
const TOKENS: u64 = 31;

/// Tokens that stand before the one that the decoder writes.
const CACHED: u64 = 256;

/// Sequence lengths and runs of the fresh measurement, which takes seconds.
const FRESH_TOKENS: [usize; 3] = [64, 256, 1024];
const FRESH_RUNS: usize = 3;

/// Ends of the roof that is drawn, in FLOP / byte.
const LEFT: f64 = 0.05;
const RIGHT: f64 = 400.0;

/// Band of the figures, which show counts and the record: a number that is written to a file and read
/// again may differ in its last digit.
const READ_BACK: f64 = 1e-9;

/// Runs the lesson's demonstration.
///
/// # Errors
///
/// If the record of times cannot be read.
pub fn demo(run: &Run) -> anyhow::Result<Report> {
    let recorded: Measured = serde_json::from_str(include_str!("times.json"))?;
    let mut report = Report::default();
    counted(&mut report);
    report.figure(picture::roof());
    roofs(&recorded, &mut report);
    report.figure(roof_figure(&recorded.roof));
    kernels(&recorded, &mut report);
    attention(&recorded.attention, &mut report);
    fresh(run, &mut report);
    Ok(report)
}

/// Counts the operations of both models.
fn counted(report: &mut Report) {
    report.say(format!("One layer of MiniLM, {TEXTS} texts of {TOKENS} tokens and one alone:"));
    let header = ["operation", "MFLOP", "MB", "FLOP/byte", "FLOP/byte of one"];
    let mut table = Table::new(header);
    let single = minilm_layer(1, TOKENS);
    for ((name, work), (_, alone)) in minilm_layer(TEXTS, TOKENS).into_iter().zip(single) {
        table.row([
            name.to_string(),
            format!("{:.1}", work.flops as f64 / 1e6),
            format!("{:.2}", work.bytes as f64 / 1e6),
            format!("{:.2}", work.intensity()),
            format!("{:.2}", alone.intensity()),
        ]);
    }
    report.keyed_table("layer", &table);
    report.say(format!("A token of SmolLM2-135M with {CACHED} before it, all 30 layers:"));
    let mut table = Table::new(["operation", "MFLOP", "MB", "FLOP/byte"]);
    for (name, work) in decoder_token(CACHED) {
        table.row([
            name.to_string(),
            format!("{:.1}", work.flops as f64 / 1e6),
            format!("{:.2}", work.bytes as f64 / 1e6),
            format!("{:.2}", work.intensity()),
        ]);
    }
    report.keyed_table("token", &table);
}

/// Reports the recorded roofs, and what they allow both models.
fn roofs(recorded: &Measured, report: &mut Report) {
    let Measured { command, threads, lanes, roof, .. } = recorded;
    report
        .say(format!("Recorded by `{command}`, {threads} threads, registers of {lanes} numbers:"));
    let (gigabytes, gigaflops) = (roof.bytes_per_second / 1e9, roof.flops_per_second / 1e9);
    let ridge = roof.flops_per_second / roof.bytes_per_second;
    report.say(format!(
        "  {gigabytes:.1} GB/s, {gigaflops:.0} GFLOP/s; they meet at {ridge:.1} FLOP/byte"
    ));
    report.say("");
    report.number("gigabytes", "memory, GB/s, recorded", format!("{gigabytes:.1}"));
    report.number("gigaflops", "arithmetic, GFLOP/s, recorded", format!("{gigaflops:.0}"));
    report.number("ridge", "where both roofs meet, FLOP/byte", format!("{ridge:.1}"));
    report.say("The least time under this roof, in milliseconds, one operation after the other:");
    let mut table = Table::new(["model", "products", "the rest", "all", "waits for memory"]);
    for (name, operations) in [
        ("MiniLM, 32 texts", minilm(TEXTS, TOKENS)),
        ("MiniLM, one text", minilm(1, TOKENS)),
        ("SmolLM2, a token", decoder_token(CACHED)),
    ] {
        let least = Least::of(&operations, roof);
        table.row([
            name.to_string(),
            format!("{:.2}", 1e3 * least.products),
            format!("{:.2}", 1e3 * least.rest),
            format!("{:.2}", 1e3 * (least.products + least.rest)),
            format!("{:.0}%", 100.0 * least.waiting / (least.products + least.rest)),
        ]);
    }
    report.keyed_table("least", &table);
    let megabytes = total(&decoder_token(CACHED)).bytes as f64 / 1e6;
    report.number("token-megabytes", "bytes of a token of SmolLM2, MB", format!("{megabytes:.0}"));
}

/// The least seconds of a model's operations under a roof.
struct Least {
    /// Products of matrices.
    products: f64,
    /// Everything else.
    rest: f64,
    /// Operations that wait for the memory, of both kinds.
    waiting: f64,
}

impl Least {
    fn of(operations: &[CountedOperation], roof: &Roof) -> Self {
        let mut least = Self { products: 0.0, rest: 0.0, waiting: 0.0 };
        for (name, work) in operations {
            let seconds = least_seconds(roof, work);
            let passes = ["softmax", "GELU", "two sums", "two layer norms"];
            let kind = if passes.contains(name) { &mut least.rest } else { &mut least.products };
            *kind += seconds;
            if attainable(roof, work) < roof.flops_per_second {
                least.waiting += seconds;
            }
        }
        least
    }
}

/// Every operation of both models where the roof allows it.
fn roof_figure(roof: &Roof) -> Figure {
    let batch = minilm_layer(TEXTS, TOKENS);
    let together = points("MiniLM, 32 texts", &batch, roof);
    let mut alone = points("MiniLM, one text", &minilm_layer(1, TOKENS), roof);
    alone.extend(points("SmolLM2, one token", &decoder_token(CACHED), roof));
    Figure {
        name: "16-roof".into(),
        title: "How fast each operation can be".into(),
        alt: "Two panels of attainable GFLOP/s by FLOP per byte, a roof that climbs and then is \
            flat. With 32 texts MiniLM's four large products stand under the flat part, its \
            softmax, GELU, sums and norms on the slope. One text moves the products down to the \
            edge, and every operation of a decoder's single token is far down the slope, at about \
            half a FLOP per byte."
            .into(),
        band: READ_BACK,
        panels: vec![
            panel("32 texts at once", roof, together),
            panel("one at a time", roof, alone),
        ],
    }
}

fn panel(title: &str, roof: &Roof, points: Vec<Point>) -> Panel {
    Panel {
        title: title.into(),
        x: Axis::log("arithmetic per byte moved (FLOP/byte)"),
        y: Axis::log("GFLOP/s"),
        marks: Marks::Against { line: roof_line(roof), points },
    }
}

/// The roof: it climbs to the ridge and is flat from there.
fn roof_line(roof: &Roof) -> Line {
    let ridge = roof.flops_per_second / roof.bytes_per_second;
    let height = |x: f64| (roof.bytes_per_second * x).min(roof.flops_per_second) / 1e9;
    Line::new("the roof", [LEFT, ridge, RIGHT].map(|x| (x, height(x))))
}

/// Operations on the roof.
fn points(group: &str, operations: &[CountedOperation], roof: &Roof) -> Vec<Point> {
    let mut points = Vec::new();
    for (name, work) in operations {
        let (x, y) = (work.intensity(), attainable(roof, work) / 1e9);
        points.push(Point { label: name.to_string(), group: group.into(), x, y });
    }
    points
}

/// Reports each kernel's recorded versions, and draws them under the roof.
fn kernels(recorded: &Measured, report: &mut Report) {
    report.say("Recorded, at MiniLM's sizes for 32 texts:");
    let header = ["kernel", "version", "ms", "GFLOP/s", "of the roof", "times faster"];
    let mut table = Table::new(header);
    let mut points = Vec::new();
    let mut first = f64::NAN;
    let mut kernel = "";
    for time in &recorded.kernels {
        if time.kernel != kernel {
            (kernel, first) = (time.kernel.as_str(), time.seconds);
        }
        let (rate, share) = under_the_roof(time, &recorded.roof);
        table.row([
            time.kernel.clone(),
            time.version.clone(),
            format!("{:.2}", 1e3 * time.seconds),
            format!("{:.1}", rate / 1e9),
            format!("{:.0}%", 100.0 * share),
            format!("{:.1}", first / time.seconds),
        ]);
        let group = if time.version == "fast" { "fast" } else { "plain" };
        points.push(Point {
            label: format!("{}, {}", time.kernel, time.version),
            group: group.into(),
            x: time.flops as f64 / time.bytes as f64,
            y: rate / 1e9,
        });
    }
    report.keyed_table("kernel", &table);
    report.figure(Figure {
        name: "16-kernels".into(),
        title: "Three kernels, plain and fast, under the roof".into(),
        alt: "Measured GFLOP/s by FLOP per byte under the roof. GELU in five passes and in one, a \
            softmax one number at a time and a product in three loops lie far below the roof; the \
            fast version of each stands straight above its plain one, much nearer to the roof."
            .into(),
        band: READ_BACK,
        panels: vec![panel("", &recorded.roof, points)],
    });
}

/// FLOP/s of a kernel, and its share of what the roof allows.
fn under_the_roof(time: &KernelTime, roof: &Roof) -> (f64, f64) {
    let rate = time.flops as f64 / time.seconds;
    let work = Work { flops: time.flops, bytes: time.bytes };
    (rate, rate / attainable(roof, &work))
}

/// Reports recorded times of attention, and the bytes that it keeps.
fn attention(times: &[AttentionTime], report: &mut Report) {
    report.say(format!("Attention of {HEADS} heads of {D_HEAD} numbers; milliseconds recorded:"));
    let mut table = Table::new([
        "tokens",
        "lesson 08",
        "fused softmax",
        "burn's own",
        "tiled",
        "KiB of scores",
        "KiB of tiles",
    ]);
    let mut lines = [(); 4].map(|()| Vec::new());
    let (mut of_scores, mut of_tiles) = (Vec::new(), Vec::new());
    for time in times {
        let x = time.tokens as f64;
        let sizes = HeadSizes { queries: time.tokens, keys: time.tokens, d_head: D_HEAD };
        let scores = score_bytes(HEADS, sizes) as f64 / 1024.0;
        let tiles = (HEADS * tile_bytes(sizes)) as f64 / 1024.0;
        let mut cells = vec![time.tokens.to_string()];
        let seconds = [time.spelt_out, time.fused_softmax, time.burns_own, time.tiled];
        for (line, seconds) in lines.iter_mut().zip(seconds) {
            line.push((x, 1e3 * seconds));
            cells.push(format!("{:.2}", 1e3 * seconds));
        }
        of_scores.push((x, scores / 1024.0));
        of_tiles.push((x, tiles / 1024.0));
        cells.push(format!("{scores:.0}"));
        cells.push(format!("{tiles:.1}"));
        table.row(cells);
    }
    report.keyed_table("attention", &table);
    report.figure(attention_figure(lines, of_scores, of_tiles));
}

fn attention_figure(
    [spelt_out, fused_softmax, burns_own, tiled]: [Vec<(f64, f64)>; 4],
    of_scores: Vec<(f64, f64)>,
    of_tiles: Vec<(f64, f64)>,
) -> Figure {
    let times = vec![
        Line::new("lesson 08, spelt out", spelt_out),
        Line::new("lesson 08, fused softmax", fused_softmax),
        Line::new("burn's own", burns_own),
        Line::new("tiled, this lesson", tiled),
    ];
    let bytes = vec![
        Line::new("the table of scores", of_scores),
        Line::new("what the tiles keep", of_tiles),
    ];
    let [time, memory] =
        [("recorded", "time (ms)", times), ("counted", "MiB beside q, k, v and output", bytes)]
            .map(|(title, y, lines)| Panel {
                title: title.into(),
                x: Axis::log("tokens"),
                y: Axis::log(y),
                marks: Marks::Lines(lines),
            });
    Figure {
        name: "16-attention".into(),
        title: "Attention without its table of scores".into(),
        alt: "Two panels by tokens, 64 to 4096, both axes logarithmic. Time: all four ways climb \
            with the square of the tokens, both forms of lesson 08 on top and this lesson's tiles \
            at the bottom. Memory: the table of scores climbs with the square, from 64 KiB \
            to 256 MiB; what the tiles keep climbs with the tokens alone, to less than 5 MiB."
            .into(),
        band: READ_BACK,
        panels: vec![time, memory],
    }
}

/// Measures this machine as it is now: ratios to compare with the record.
fn fresh(run: &Run, report: &mut Report) {
    let roof = measure::roof(FRESH_RUNS);
    report.say("This machine, now (it may be busy):");
    report.say_loosely(format!(
        "  {:.1} GB/s, {:.0} GFLOP/s",
        roof.bytes_per_second / 1e9,
        roof.flops_per_second / 1e9
    ));
    for time in measure::kernels(FRESH_RUNS) {
        let (rate, share) = under_the_roof(&time, &roof);
        report.say_loosely(format!(
            "  {}, {}: {:.2} ms, {:.1} GFLOP/s, {:.0}% of the roof",
            time.kernel,
            time.version,
            1e3 * time.seconds,
            rate / 1e9,
            100.0 * share
        ));
    }
    for time in measure::attention(&FRESH_TOKENS, FRESH_RUNS, run.device) {
        report.say_loosely(format!(
            "  attention over {} tokens: lesson 08 {:.2} ms, burn's own {:.2} ms, tiled {:.2} ms",
            time.tokens,
            1e3 * time.spelt_out,
            1e3 * time.burns_own,
            1e3 * time.tiled
        ));
    }
}
