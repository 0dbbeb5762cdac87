//! Where tensors live: the only file that chooses a concrete back end.

use crate::config::DeviceChoice;
use std::fmt;

#[cfg(feature = "nn")]
use {crate::kernels::Learning, burn::backend::Autodiff};

/// A device that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Device {
    /// The CPU.
    Cpu,
    /// The GPU of this number.
    #[cfg(feature = "cuda")]
    Cuda(u16),
}

/// A device that cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
pub enum DeviceError {
    /// This binary has no code for GPUs.
    #[error("this srp was built without CUDA")]
    #[diagnostic(
        code(device::not_built),
        help("build it with `cargo build --release --features cuda`")
    )]
    NotBuilt,
    /// There is no GPU of that number, or no driver for it.
    #[error("no GPU answers as `cuda:{number}`: {reason}")]
    #[diagnostic(
        code(device::no_gpu),
        help("`--device cpu` runs everywhere; `nvidia-smi` lists the GPUs")
    )]
    NoGpu {
        /// The GPU that was asked for.
        number: u16,
        /// What was met instead.
        reason: String,
    },
}

impl Device {
    /// Finds the device that is asked for, which is tried if it is a GPU.
    ///
    /// # Errors
    /// [`DeviceError`] if a GPU was asked for and cannot be used.
    pub fn find(choice: DeviceChoice) -> Result<Self, DeviceError> {
        match choice {
            DeviceChoice::Cpu => Ok(Self::Cpu),
            DeviceChoice::Auto => Ok(cuda(0).unwrap_or(Self::Cpu)),
            DeviceChoice::Cuda(number) => cuda(number),
        }
    }
}

#[cfg(not(feature = "cuda"))]
fn cuda(_: u16) -> Result<Device, DeviceError> {
    Err(DeviceError::NotBuilt)
}

/// Tries the GPU. The driver is looked for first, and what burn does without one, a panic, is caught.
#[cfg(feature = "cuda")]
fn cuda(number: u16) -> Result<Device, DeviceError> {
    let no_gpu = |reason: &str| DeviceError::NoGpu {
        number,
        reason: reason.to_owned(),
    };
    if !driver_is_there() {
        return Err(no_driver(number));
    }
    keep_compiled_kernels();
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let answer = std::panic::catch_unwind(|| {
        let device = burn_cuda::CudaDevice::new(usize::from(number));
        let one = burn::tensor::Tensor::<burn_cuda::Cuda, 1>::ones([1], &device);
        one.into_scalar()
    });
    std::panic::set_hook(hook);
    match answer {
        Ok(_) => Ok(Device::Cuda(number)),
        Err(panic) => {
            let words = panic.downcast_ref::<String>().map(String::as_str);
            let words = words.or_else(|| panic.downcast_ref::<&str>().copied());
            Err(no_gpu(words.unwrap_or("the driver refused it")))
        }
    }
}

/// Has kernels kept on disk once they are compiled, beside what is known of their tuning, which CubeCL keeps anyway;
/// unless its own configuration file says where.
#[cfg(feature = "cuda")]
fn keep_compiled_kernels() {
    use cubecl_runtime::config::{CubeClRuntimeConfig, RuntimeConfig};
    let mut slot = CubeClRuntimeConfig::storage().lock();
    slot.get_or_insert_with(|| {
        let mut config = CubeClRuntimeConfig::from_current_dir().override_from_env();
        let beside = config.autotune.cache.clone();
        config.compilation.cache.get_or_insert(beside);
        config.into()
    });
}

/// Whether the device can be had as far as that is seen without trying it, which takes a GPU a while.
///
/// # Errors
/// [`DeviceError`] if a GPU is asked for, and this binary has no code for it or this machine no driver.
pub fn check(choice: DeviceChoice) -> Result<(), DeviceError> {
    match choice {
        DeviceChoice::Auto | DeviceChoice::Cpu => Ok(()),
        DeviceChoice::Cuda(_) if !cfg!(feature = "cuda") => Err(DeviceError::NotBuilt),
        DeviceChoice::Cuda(number) if !driver_is_there() => Err(no_driver(number)),
        DeviceChoice::Cuda(_) => Ok(()),
    }
}

/// Whether `auto` tries a GPU here.
pub fn auto_tries_gpu() -> bool {
    cfg!(feature = "cuda") && driver_is_there()
}

/// What to tell a user who has a GPU that this binary cannot use.
pub fn unused_gpu() -> Option<String> {
    let unused = driver_is_there() && !cfg!(feature = "cuda");
    unused.then(|| {
        format!(
            "an NVIDIA driver is here, but the CPU computes: {}",
            DeviceError::NotBuilt
        )
    })
}

fn no_driver(number: u16) -> DeviceError {
    DeviceError::NoGpu {
        number,
        reason: "no NVIDIA driver is installed".to_owned(),
    }
}

/// An NVIDIA driver, as it tells of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Driver {
    /// Its version, where it tells.
    pub version: Option<String>,
    /// The names of its GPUs, where it tells.
    pub gpus: Vec<String>,
}

/// The NVIDIA driver of this machine, if there is one. Nothing is asked of a GPU.
pub fn driver() -> Option<Driver> {
    driver_is_there().then(|| {
        let told = std::fs::read_to_string("/proc/driver/nvidia/version").unwrap_or_default();
        let is_version =
            |word: &&str| word.contains('.') && word.starts_with(|c: char| c.is_ascii_digit());
        let folders = std::fs::read_dir("/proc/driver/nvidia/gpus")
            .into_iter()
            .flatten();
        let texts = folders.filter_map(|folder| {
            std::fs::read_to_string(folder.ok()?.path().join("information")).ok()
        });
        let name = |text: String| {
            let line = text.lines().find_map(|line| line.strip_prefix("Model:"));
            line.map(|name| name.trim().to_owned())
        };
        Driver {
            version: told.split_whitespace().find(is_version).map(str::to_owned),
            gpus: texts.filter_map(name).collect(),
        }
    })
}

/// Whether this machine has the device files of an NVIDIA driver (`/dev/dxg` is the one under WSL).
fn driver_is_there() -> bool {
    ["/dev/nvidiactl", "/dev/nvidia0", "/dev/dxg"]
        .iter()
        .any(|path| std::path::Path::new(path).exists())
}

/// How far two ways of computing the same number may lie apart on a device, relative to the largest number: the CPU
/// sums in 32-bit floats, a GPU may multiply with 10-bit mantissas (TF32).
#[cfg(feature = "nn")]
pub fn rounding<B: burn::tensor::backend::Backend>(device: &B::Device) -> f64 {
    match is_cpu::<B>(device) {
        true => 1e-4,
        false => 1e-2,
    }
}

/// How a device wants to be fed while it trains.
#[cfg(feature = "nn")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Feed {
    /// Sentences of a batch and tokens of its sides are padded to multiples of this.
    pub multiple_of: usize,
    /// Losses of so many updates are read at once: reading one waits until it is there.
    pub losses_at_once: usize,
}

#[cfg(feature = "nn")]
impl Feed {
    /// What the CPU wants: it computes at once, and each padded token costs what any other does.
    pub const CPU: Self = Self {
        multiple_of: 1,
        losses_at_once: 1,
    };

    /// What a GPU wants: few different shapes, since it compiles and tunes kernels for each, and work in advance.
    pub const GPU: Self = Self {
        multiple_of: 8,
        losses_at_once: 32,
    };

    /// What this device wants.
    pub fn of<B: burn::tensor::backend::Backend>(device: &B::Device) -> Self {
        match is_cpu::<B>(device) {
            true => Self::CPU,
            false => Self::GPU,
        }
    }
}

/// Whether tensors of a back end live on the CPU.
#[cfg(feature = "nn")]
pub fn is_cpu<B: burn::tensor::backend::Backend>(device: &B::Device) -> bool {
    B::name(device).contains("flex")
}

#[cfg(feature = "cuda")]
impl crate::kernels::Kernels for burn_cuda::Cuda {}

#[cfg(feature = "cuda")]
impl crate::kernels::Kernels for Autodiff<burn_cuda::Cuda> {}

/// Work that any back end can do.
#[cfg(feature = "nn")]
pub trait Work {
    /// What it gives.
    type Output;

    /// Does it on a device.
    fn run<B: Learning>(self, device: B::Device) -> Self::Output;
}

#[cfg(feature = "nn")]
impl Device {
    /// Does some work on this device.
    pub fn run<W: Work>(self, work: W) -> W::Output {
        match self {
            Self::Cpu => work.run::<Autodiff<burn_flex::Flex>>(burn_flex::FlexDevice),
            #[cfg(feature = "cuda")]
            Self::Cuda(number) => work
                .run::<Autodiff<burn_cuda::Cuda>>(burn_cuda::CudaDevice::new(usize::from(number))),
        }
    }
}

/// The threads that the CPU computes with.
///
/// No number depends on how many there are; times do.
#[cfg(feature = "nn")]
#[derive(Debug)]
pub struct Threads(rayon::ThreadPool);

#[cfg(feature = "nn")]
impl Threads {
    /// So many threads; all processors if not given.
    ///
    /// # Errors
    /// If the system gives none.
    pub fn new(count: Option<std::num::NonZeroUsize>) -> Result<Self, rayon::ThreadPoolBuildError> {
        let count = count.map_or(0, usize::from);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(count).build()?;
        Ok(Self(pool))
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.current_num_threads()
    }

    /// Does some work with these threads.
    pub fn run<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        self.0.install(work)
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu => f.write_str("cpu"),
            #[cfg(feature = "cuda")]
            Self::Cuda(number) => write!(f, "cuda:{number}"),
        }
    }
}

/// The instructions that the loops written for the CPU run on here, as they choose them themselves.
#[cfg(feature = "nn")]
pub fn vectors() -> Option<&'static str> {
    use crate::kernels::simd::{Level, level};
    Some(match level() {
        #[cfg(target_arch = "x86_64")]
        Level::Avx512Bf16 => "AVX-512, with BF16",
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => "AVX-512",
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => "AVX2 and FMA",
        Level::Plain => "what every processor has",
    })
}

/// There are no such loops.
#[cfg(not(feature = "nn"))]
pub fn vectors() -> Option<&'static str> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(not(feature = "cuda"))]
    fn a_build_without_cuda_says_how_to_get_it() {
        let error = Device::find(DeviceChoice::Cuda(0)).unwrap_err();
        assert_eq!(error.to_string(), "this srp was built without CUDA");
        assert!(
            miette::Diagnostic::help(&error)
                .unwrap()
                .to_string()
                .contains("--features cuda")
        );
        assert_eq!(Device::find(DeviceChoice::Auto), Ok(Device::Cpu));
    }
}
