//! How long work is shown: what, how far, how fast, how long still.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

const COUNTED: &str = "{msg:>14} {bar:30} {human_pos}/{human_len}  {per_sec:>12}  {eta} left";
const MEASURED: &str = "{msg:>14} {bar:30} {bytes}/{total_bytes}  {bytes_per_sec:>12}  {eta} left";

/// A bar that counts things.
pub fn counting(what: &'static str, total: u64) -> ProgressBar {
    styled(ProgressBar::new(total).with_message(what), COUNTED)
}

/// A bar that measures bytes.
pub fn measuring(what: &'static str) -> ProgressBar {
    styled(ProgressBar::new(0).with_message(what), MEASURED)
}

fn styled(bar: ProgressBar, template: &str) -> ProgressBar {
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// The most memory this process has had resident, in MiB; nothing where the system does not say.
pub fn peak_mib() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().trim_end_matches(" kB").trim().parse().ok()?;
    Some((kib / 1024.0).round())
}
