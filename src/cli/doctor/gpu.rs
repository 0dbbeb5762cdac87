//! GPUs, and whether this program can use one.

use super::Check;
use crate::config::DeviceChoice;
use crate::device::{Device, auto_tries_gpu, driver, unused_gpu};
use serde_json::json;

/// The GPUs that a driver tells of; the first is tried if this program has code for it, which takes its driver and, for
/// the first kernel, NVRTC.
pub(super) fn check() -> Check {
    let Some(driver) = driver() else {
        let found = match cfg!(feature = "cuda") {
            true => "no NVIDIA driver",
            false => "no NVIDIA driver; this srp was built without CUDA",
        };
        return Check::fine("GPU", found);
    };
    let version = driver.version.as_deref().unwrap_or("of unknown version");
    let names = match driver.gpus.is_empty() {
        true => "GPUs unknown".to_owned(),
        false => driver.gpus.join(", "),
    };
    let words = format!("{names}; driver {version}");
    let values = json!({ "driver": driver.version, "gpus": driver.gpus });
    if let Some(unused) = unused_gpu() {
        return Check::fine("GPU", words).with(values).note(unused);
    }
    match auto_tries_gpu().then(|| Device::find(DeviceChoice::Cuda(0))) {
        None => Check::fine("GPU", words).with(values),
        Some(Ok(device)) => {
            let words = format!("{words}; {device} computes, kernels compile (NVRTC)");
            Check::fine("GPU", words).with(values)
        }
        Some(Err(error)) => Check::fine("GPU", format!("{words}; {error}"))
            .with(values)
            .wrong(
                "kernels need the driver, `libnvrtc` and the CUDA headers (`CUDA_PATH` names their folder): \
                 docs/guide/gpu.md; `--device cpu` runs without",
            ),
    }
}
