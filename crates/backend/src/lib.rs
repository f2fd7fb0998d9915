//! # Devices by name
//!
//! burn's [`Device`] picks its backend at run time: the same tensor code runs on a CPU or on a GPU,
//! and `.autodiff()` makes it train. This crate is the only place that knows which backends exist,
//! what they are called and which cargo feature brings each in. Everything else takes a `&Device`.
//!
//! | name | backend | cargo feature |
//! |---|---|---|
//! | `flex` | burn-flex: CPU, pure Rust, the default | `flex` |
//! | `ndarray` | burn-ndarray: CPU, the older backend | `ndarray` |
//! | `wgpu` | burn-wgpu: any GPU through Vulkan, Metal or DirectX | `wgpu` |
//! | `cuda` | burn-cuda: NVIDIA GPUs | `cuda` |

use std::sync::{Mutex, MutexGuard, PoisonError};

use burn::tensor::{Device, Tensor};
use kernels as _; // the feature flex binds its fast operations

/// The environment variable that names the device of tests and of commands without `--device`.
pub const DEVICE_VARIABLE: &str = "RUNGS_DEVICE";

/// The device used when nothing else is asked for.
pub const DEFAULT: &str = "flex";

/// A backend that the course knows, whether or not this build carries it.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// What a user calls it, and its cargo feature.
    pub name: &'static str,
    /// What it runs on.
    pub what: &'static str,
    open: Option<fn() -> Device>,
}

impl Kind {
    /// Whether this build carries the backend.
    pub fn is_built(&self) -> bool {
        self.open.is_some()
    }
}

/// Every backend the course knows, the default first.
pub const KINDS: [Kind; 4] = [
    Kind { name: "flex", what: "CPU, pure Rust (burn-flex)", open: FLEX },
    Kind { name: "ndarray", what: "CPU, the older backend (burn-ndarray)", open: NDARRAY },
    Kind { name: "wgpu", what: "GPU through Vulkan, Metal or DirectX (burn-wgpu)", open: WGPU },
    Kind { name: "cuda", what: "NVIDIA GPU (burn-cuda)", open: CUDA },
];

type Open = Option<fn() -> Device>;

#[cfg(feature = "flex")]
const FLEX: Open = Some(Device::flex);
#[cfg(not(feature = "flex"))]
const FLEX: Open = None;

#[cfg(feature = "ndarray")]
#[allow(deprecated)] // deprecated upstream, kept selectable to compare with
const NDARRAY: Open = Some(Device::ndarray);
#[cfg(not(feature = "ndarray"))]
const NDARRAY: Open = None;

#[cfg(feature = "wgpu")]
const WGPU: Open = Some(|| Device::wgpu(burn::tensor::DeviceKind::DefaultDevice));
#[cfg(not(feature = "wgpu"))]
const WGPU: Open = None;

#[cfg(feature = "cuda")]
const CUDA: Open = Some(|| Device::cuda(0));
#[cfg(not(feature = "cuda"))]
const CUDA: Open = None;

/// Why a device could not be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeviceError {
    /// No backend has this name.
    #[error("unknown device {name:?}: expected one of {}", names().join(", "))]
    Unknown {
        /// What was asked for.
        name: String,
    },
    /// The backend exists, but this build was made without its cargo feature.
    #[error(
        "device {name} is not in this build: build it in with `cargo run --package rungs \
            --features {name} -- ...`"
    )]
    NotBuilt {
        /// What was asked for.
        name: &'static str,
    },
    /// The backend is built in, but a first small computation on it failed.
    #[error("device {name} does not work on this machine: {reason}")]
    Failed {
        /// What was asked for.
        name: &'static str,
        /// What the backend said first: it answers a missing driver by panicking.
        reason: String,
    },
}

/// Opens the device called `name` and computes 1 + 1 on it, so that a missing driver shows here and
/// not later.
///
/// # Errors
///
/// An unknown name, a backend that is not in this build, or a device that fails that first sum.
pub fn open(name: &str) -> Result<Device, DeviceError> {
    let kind = KINDS
        .iter()
        .find(|kind| kind.name == name)
        .ok_or_else(|| DeviceError::Unknown { name: name.to_string() })?;
    let open = kind.open.ok_or(DeviceError::NotBuilt { name: kind.name })?;
    let device = guard::guarded_everywhere(|| {
        let device = open();
        let two: f32 = Tensor::<1>::ones([1], &device).add_scalar(1.0).into_scalar();
        (two == 2.0).then_some(device)
    });
    match device {
        Ok(Some(device)) => Ok(device),
        Ok(None) => {
            Err(DeviceError::Failed { name: kind.name, reason: "1 + 1 is not 2 on it".into() })
        }
        Err(reason) => Err(DeviceError::Failed { name: kind.name, reason }),
    }
}

/// What the device called `name` runs on, with what the part calls itself where its driver says so.
pub fn describe(name: &str, device: &Device) -> String {
    let what = KINDS.iter().find(|kind| kind.name == name).map_or("", |kind| kind.what);
    match part(device) {
        Some(part) => format!("{what}: {part}"),
        None => what.to_string(),
    }
}

#[cfg(any(feature = "wgpu", feature = "cuda"))]
fn part(device: &Device) -> Option<String> {
    Some(device.identity()?.name)
}

#[cfg(not(any(feature = "wgpu", feature = "cuda")))]
fn part(_: &Device) -> Option<String> {
    None
}

/// The device that [`DEVICE_VARIABLE`] names, [`DEFAULT`] when it is not set: what every test runs
/// on.
///
/// # Panics
///
/// When that device cannot be opened: a test has no better answer.
pub fn from_env() -> Device {
    let name = std::env::var(DEVICE_VARIABLE).unwrap_or_else(|_| DEFAULT.to_string());
    open(&name).unwrap_or_else(|error| panic!("{DEVICE_VARIABLE}: {error}"))
}

/// How far a value computed on `device` may lie from a reference, where a CPU backend may be off by
/// `on_cpu`.
///
/// A GPU shader may add up in any order, contract `a * b + c`, and its `exp`, `tanh` and
/// `inverseSqrt` are allowed a few units in the last place by the WGSL specification (section
/// 15.7.4, accuracy), where the CPU's are correct to one. Ten times the CPU's bound covers that and
/// still catches a wrong mask or scale.
pub fn tolerance(device: &Device, on_cpu: f32) -> f32 {
    const GPU: f32 = 10.0;
    if is_gpu(device) { GPU * on_cpu } else { on_cpu }
}

/// How far two runs of the same sums may lie apart on `device`: not at all on a CPU. A GPU's
/// backend times several kernels for one product and takes the fastest, so that a second run may
/// add up in another order than the first.
pub fn rerun(device: &Device) -> f32 {
    if is_gpu(device) { tolerance(device, 1e-6) } else { 0.0 }
}

/// How many random inputs a law is tried on: `on_cpu` of them, but 2 when the tests run on a GPU,
/// where nearly every new shape compiles new shaders, which software drivers take seconds for.
pub fn cases(on_cpu: u32) -> u32 {
    const GPU: u32 = 2;
    if is_gpu(&from_env()) { GPU } else { on_cpu }
}

/// Whether `device` computes in shaders rather than on the CPU's own cores.
pub fn is_gpu(device: &Device) -> bool {
    let name = format!("{device:?}");
    ["Wgpu", "Cuda"].iter().any(|gpu| name.contains(gpu))
}

/// Seeds the random numbers of `device` and keeps every other holder of the seed waiting until the
/// guard is dropped. burn's generator is one global per process, so two tests that initialise
/// weights at the same time would otherwise draw from each other's sequence.
#[must_use = "the seed is yours only while the guard lives"]
pub fn seeded(device: &Device, seed: u64) -> MutexGuard<'static, ()> {
    static SEED: Mutex<()> = Mutex::new(());
    let guard = SEED.lock().unwrap_or_else(PoisonError::into_inner);
    device.seed(seed);
    guard
}

fn names() -> Vec<&'static str> {
    KINDS.iter().map(|kind| kind.name).collect()
}
