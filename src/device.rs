//! Where tensors live: the only file that chooses a concrete back end.

use std::fmt;
use std::str::FromStr;

#[cfg(feature = "nn")]
use {crate::kernels::Learning, burn::backend::Autodiff};

/// The device that a user asks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DeviceChoice {
    /// The first GPU if srp was built for one and finds one, else the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// The GPU of this number.
    Cuda(u16),
}

/// Text that names no device.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected `auto`, `cpu`, `cuda` or `cuda:N`, got `{0}`")]
pub struct NotADevice(String);

impl FromStr for DeviceChoice {
    type Err = NotADevice;

    fn from_str(text: &str) -> Result<Self, NotADevice> {
        let bad = || NotADevice(text.to_owned());
        match text {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(0)),
            _ => {
                let number = text.strip_prefix("cuda:").ok_or_else(bad)?;
                number.parse().map(Self::Cuda).map_err(|_| bad())
            }
        }
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(number) => write!(f, "cuda:{number}"),
        }
    }
}

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

impl DeviceChoice {
    /// Finds the device.
    ///
    /// # Errors
    /// [`DeviceError`] if a GPU was asked for and cannot be used.
    pub fn resolve(self) -> Result<Device, DeviceError> {
        match self {
            Self::Cpu => Ok(Device::Cpu),
            Self::Auto => Ok(cuda(0).unwrap_or(Device::Cpu)),
            Self::Cuda(number) => cuda(number),
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
        return Err(no_gpu("no NVIDIA driver is installed"));
    }
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

/// What to tell a user whose GPU `auto` does not use.
pub fn unused_gpu() -> Option<String> {
    let error = driver_is_there().then(|| cuda(0).err()).flatten()?;
    let help = miette::Diagnostic::help(&error).map(|help| format!("; {help}"));
    Some(format!(
        "an NVIDIA driver is here, but the CPU computes: {error}{}",
        help.unwrap_or_default()
    ))
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
    match B::name(device).contains("flex") {
        true => 1e-4,
        false => 1e-2,
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_read_as_it_is_written() {
        for device in [
            DeviceChoice::Auto,
            DeviceChoice::Cpu,
            DeviceChoice::Cuda(0),
            DeviceChoice::Cuda(3),
        ] {
            assert_eq!(device.to_string().parse(), Ok(device));
        }
        assert_eq!("cuda".parse(), Ok(DeviceChoice::Cuda(0)));
    }

    #[test]
    fn what_is_no_device_is_refused_by_name() {
        for text in ["", "gpu", "cuda:", "cuda:x", "cuda:-1", "CPU"] {
            let error = text.parse::<DeviceChoice>().unwrap_err();
            assert!(error.to_string().contains(&format!("`{text}`")), "{error}");
        }
    }

    #[test]
    #[cfg(not(feature = "cuda"))]
    fn a_build_without_cuda_says_how_to_get_it() {
        let error = DeviceChoice::Cuda(0).resolve().unwrap_err();
        assert_eq!(error.to_string(), "this srp was built without CUDA");
        assert!(
            miette::Diagnostic::help(&error)
                .unwrap()
                .to_string()
                .contains("--features cuda")
        );
        assert_eq!(DeviceChoice::Auto.resolve(), Ok(Device::Cpu));
    }
}
