//! What the disk takes to keep something, without a database: no durable decision is quicker.

use std::{
    fs::File,
    io::{Seek, SeekFrom, Write},
    path::Path,
    time::{Duration, Instant},
};

const TIMES: usize = 1_000;
/// What a commit of a few decisions writes into the log.
static WRITTEN: [u8; 32 * 1024] = [7; 32 * 1024];

/// Half of the times, and 99 of 100, that writing a piece of a file anew and flushing it took.
pub fn measure(folder: &Path) -> (Duration, Duration) {
    let path = folder.join("flush");
    let mut file = File::create(&path).unwrap();
    let mut took: Vec<Duration> = (0..TIMES)
        .map(|time| {
            let begun = Instant::now();
            if time % 100 == 0 {
                file.seek(SeekFrom::Start(0)).unwrap();
            }
            file.write_all(&WRITTEN).unwrap();
            file.sync_data().unwrap();
            begun.elapsed()
        })
        .collect();
    std::fs::remove_file(path).unwrap();
    took.sort_unstable();
    (took[TIMES / 2], took[TIMES * 99 / 100])
}
