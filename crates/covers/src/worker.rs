//! Working off the queue: a few servers at a time, each asked one thing at a time and with pauses.

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use catalogue::store::{
    CoverReason, DueCover, HeldFile, cover_failed, cover_is_the_same, cover_waits, follow_covers,
    keep_cover, pictures, refuse_cover, take_due_covers,
};
use hyper::body::Bytes;
use storage::{Fault, Store, Tx};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;
use trade::clock::{Clock, Timestamp};
use url::Url;

use crate::fetch::{Answer, Fetcher, File};
use crate::folder;
use crate::limits;
use crate::mend::Mending;
use crate::reach::Reach;
use crate::render::{self, Rendered};

/// What fetching needs.
pub struct Worker<R> {
    /// The database, with the queue.
    pub store: Store,
    /// What time it is.
    pub clock: Clock,
    /// Asks the servers.
    pub fetcher: Fetcher<R>,
    /// Where pictures are kept, in folders by the first letters of their names.
    pub folder: PathBuf,
    /// Pause between two questions to one server.
    pub pause: Duration,
    /// Time for one server in one round: [`limits::SERVER_TIME`].
    pub server_time: Duration,
}

/// What came of one cover.
enum Outcome {
    Kept { rendered: Rendered, file: HeldFile },
    TheSame(Option<HeldFile>),
    Refused(CoverReason, String),
    Failed(CoverReason, String),
}

/// Why there are no files of a picture.
pub(crate) enum Unmade {
    /// They could not be written.
    Disk(String),
    /// What was fetched is no cover.
    Faulty(CoverReason, String),
}

impl<R: Reach> Worker<R> {
    /// Fetches covers for as long as the shop is open.
    pub async fn run(self) {
        let this = Arc::new(self);
        let mut mending = Mending::default();
        let mut swept: Option<Instant> = None;
        loop {
            if swept.is_none_or(|at| at.elapsed() >= limits::SWEEP) {
                swept = Some(Instant::now());
                if let Err(fault) = this.sweep().await {
                    tracing::warn!(fault = fault.detail(), "old covers are not removed");
                }
            }
            match this.turn(&mut mending).await {
                Ok(0) => tokio::time::sleep(limits::LOOK).await,
                Ok(_) => {}
                Err(fault) => {
                    tracing::warn!(fault = fault.detail(), "covers are not fetched");
                    tokio::time::sleep(limits::LOOK).await;
                }
            }
        }
    }

    async fn turn(self: &Arc<Self>, mending: &mut Mending) -> Result<usize, Fault> {
        let tried = Arc::clone(self).round().await?;
        Ok(tried + self.mend(mending).await?)
    }

    /// Removes files from this node's folder that no row names any more; says how many.
    ///
    /// # Errors
    /// A [`Fault`] of the database; a folder that cannot be read is told to the operator.
    pub async fn sweep(&self) -> Result<u64, Fault> {
        let named = self.store.read(|tx| pictures(tx, None)).await?;
        let named = named.into_iter().filter_map(|(_, picture)| picture);
        let named: HashSet<String> = named.map(|picture| picture.name()).collect();
        let folder = self.folder.clone();
        let sweeping = tokio::task::spawn_blocking(move || folder::sweep(&folder, &named));
        match sweeping.await {
            Ok(Ok(swept)) => return Ok(swept),
            Ok(Err(error)) => tracing::warn!(%error, "old covers are not removed"),
            Err(stopped) => tracing::error!(%stopped, "removing old covers stopped"),
        }
        Ok(0)
    }

    /// Takes in what senders offer, and tries up to [`limits::BATCH`] covers that are due; says how many.
    ///
    /// # Errors
    /// A [`Fault`] of the database.
    pub async fn round(self: Arc<Self>) -> Result<usize, Fault> {
        let now = self.clock.now();
        while self.store.write(move |tx| follow_covers(tx, now)).await? {}
        let due = self
            .store
            .write(move |tx| take_due_covers(tx, now, limits::BATCH))
            .await?;
        let count = due.len();
        let mut servers = by_server(due).into_values();
        let mut asking = JoinSet::new();
        // One picture at a time is decoded: that bounds the memory.
        let desk = Arc::new(Semaphore::new(1));
        let mut failed = Ok(count);
        loop {
            while asking.len() < limits::SERVERS_AT_ONCE
                && let Some(covers) = servers.next()
            {
                asking.spawn(Arc::clone(&self).ask_server(covers, Arc::clone(&desk)));
            }
            match asking.join_next().await {
                None => return failed,
                Some(Ok(Err(fault))) => failed = Err(fault),
                Some(Ok(Ok(()))) => {}
                Some(Err(panicked)) => tracing::error!(%panicked, "fetching covers stopped"),
            }
        }
    }

    /// Asks one server for its covers, and stops at the first answer that asks for a pause, or when its time is over.
    async fn ask_server(
        self: Arc<Self>,
        covers: Vec<DueCover>,
        desk: Arc<Semaphore>,
    ) -> Result<(), Fault> {
        let began = Instant::now();
        let mut covers = covers.into_iter();
        while let Some(cover) = covers.next() {
            let (outcome, pause) = self.try_cover(&cover, &desk).await;
            self.write_down(cover, outcome, pause).await?;
            if pause.is_some() || began.elapsed() >= self.server_time {
                let due = self.clock.now().plus(pause.unwrap_or_default());
                let waiting: Vec<DueCover> = covers.collect();
                let put_off = move |tx: &mut dyn Tx| {
                    waiting.iter().try_for_each(|one| cover_waits(tx, one, due))
                };
                return self.store.write(put_off).await;
            }
            tokio::time::sleep(self.pause).await;
        }
        Ok(())
    }

    /// What comes of a cover, and how long its server wants to be left alone.
    async fn try_cover(&self, cover: &DueCover, desk: &Semaphore) -> (Outcome, Option<Duration>) {
        let said = cover.offer.bytes.unwrap_or(0);
        if said > limits::FILE_BYTES as u64 {
            let detail = format!("its sender says that it has {said} bytes");
            return (Outcome::Refused(CoverReason::TooLarge, detail), None);
        }
        let fetched = self.fetcher.fetch(&cover.offer.link, cover.held.as_ref());
        match fetched.await {
            Ok(Answer::NotModified) => (Outcome::TheSame(None), None),
            Ok(Answer::File(file)) => (self.look_at(cover, file, desk).await, None),
            Err(fault) => {
                let (reason, detail) = (fault.reason(), fault.to_string());
                let outcome = match fault.may_pass() {
                    true => Outcome::Failed(reason, detail),
                    false => Outcome::Refused(reason, detail),
                };
                (outcome, fault.pause())
            }
        }
    }

    async fn look_at(&self, cover: &DueCover, file: File, desk: &Semaphore) -> Outcome {
        let held = HeldFile {
            sha256: render::sha256(&file.bytes),
            etag: file.etag,
            modified: file.modified,
        };
        if cover.held.as_ref().is_some_and(|h| h.sha256 == held.sha256) {
            return Outcome::TheSame(Some(held));
        }
        let Ok(_turn) = desk.acquire().await else {
            return Outcome::Failed(CoverReason::Disk, "the shop closes".to_owned());
        };
        match self.make(file.bytes).await {
            Ok(rendered) => Outcome::Kept {
                rendered,
                file: held,
            },
            Err(Unmade::Disk(error)) => Outcome::Failed(CoverReason::Disk, error),
            Err(Unmade::Faulty(reason, detail)) => Outcome::Refused(reason, detail),
        }
    }

    /// Makes the files of a picture and keeps them in this node's folder.
    pub(crate) async fn make(&self, bytes: Bytes) -> Result<Rendered, Unmade> {
        let folder = self.folder.clone();
        let work = tokio::task::spawn_blocking(move || {
            let rendered = render::render(&bytes)
                .map_err(|fault| Unmade::Faulty(fault.reason(), fault.to_string()))?;
            folder::keep(&folder, &rendered).map_err(|error| Unmade::Disk(error.to_string()))?;
            Ok(rendered)
        });
        // A decoder that panics has met a file that its authors did not think of.
        work.await.unwrap_or_else(|_| {
            let detail = "it cannot be decoded".to_owned();
            Err(Unmade::Faulty(CoverReason::Damaged, detail))
        })
    }

    async fn write_down(
        &self,
        cover: DueCover,
        outcome: Outcome,
        pause: Option<Duration>,
    ) -> Result<(), Fault> {
        let now = self.clock.now();
        let look_again = look_again(&cover, now);
        let next = now.plus(pause.unwrap_or_default().max(pause_after(cover.tries)));
        self.store
            .write(move |tx| match &outcome {
                Outcome::Kept { rendered, file } => {
                    keep_cover(tx, &cover, file, &rendered.picture, look_again, now)
                }
                Outcome::TheSame(said) => cover_is_the_same(tx, &cover, said.as_ref(), look_again),
                Outcome::Failed(reason, detail) if cover.tries < limits::TRIES => {
                    cover_failed(tx, &cover, *reason, detail, next)
                }
                Outcome::Failed(reason, detail) | Outcome::Refused(reason, detail) => {
                    refuse_cover(tx, &cover, *reason, detail, now)
                }
            })
            .await
    }
}

/// Covers by the server that has them; links that name none are refused one by one.
fn by_server(due: Vec<DueCover>) -> BTreeMap<String, Vec<DueCover>> {
    let mut servers: BTreeMap<String, Vec<DueCover>> = BTreeMap::new();
    for cover in due {
        let server = server_of(&cover.offer.link);
        servers.entry(server).or_default().push(cover);
    }
    servers
}

/// The server that a link names; empty when it names none.
pub(crate) fn server_of(link: &str) -> String {
    let url = Url::parse(link).ok();
    let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
    host.to_owned()
}

/// When a picture is asked for again: never by itself where its sender would say that it is another one.
fn look_again(cover: &DueCover, now: Timestamp) -> Option<Timestamp> {
    let offer = &cover.offer;
    let is_described = offer.sha256.is_some() || offer.md5.is_some() || offer.updated.is_some();
    (!is_described).then(|| now.plus(limits::LOOK_AGAIN))
}

/// The pause after so many tries in a row that failed.
pub(crate) fn pause_after(tries: u32) -> Duration {
    let times = 4_u32.saturating_pow(tries.saturating_sub(1));
    limits::FIRST_PAUSE
        .saturating_mul(times)
        .min(limits::LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end() {
        let minutes = |tries| pause_after(tries).as_secs() / 60;
        assert_eq!([1, 2, 3, 4].map(minutes), [15, 60, 240, 960]);
        assert_eq!(pause_after(40), limits::LONGEST_PAUSE);
        // What `limits::TRIES` promises.
        let days = (1..limits::TRIES).map(minutes).sum::<u64>() / (24 * 60);
        assert_eq!(days, 17);
    }
}
