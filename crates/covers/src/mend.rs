//! Pictures are rows that all nodes share; their files lie in each node's own folder. What another node fetched, or what
//! a restored backup left out, is fetched here again: the same file by its hash, or none. The shared row is not touched,
//! but where the server has another file by now, that one cover becomes due.

use std::collections::HashMap;
use std::time::Duration;

use catalogue::store::{KeptCover, kept_covers, look_whole};
use storage::{Fault, Tx};
use tokio::time::Instant;
use trade::clock::Timestamp;
use trade::ids::EditionId;

use crate::fetch::Answer;
use crate::limits;
use crate::reach::Reach;
use crate::render;
use crate::worker::{Worker, pause_after, server_of};

/// How far this node has looked through the pictures, and what it leaves alone for now.
#[derive(Debug, Default)]
pub struct Mending {
    after: Option<EditionId>,
    /// What failed: how often, and until when it is left alone.
    failed: HashMap<EditionId, (u32, Timestamp)>,
    /// Servers in trouble, until when.
    troubled: HashMap<String, Timestamp>,
}

impl Mending {
    fn leaves_alone(&self, cover: &KeptCover, now: Timestamp) -> bool {
        let failed = self.failed.get(&cover.edition);
        let troubled = self.troubled.get(&server_of(&cover.link));
        failed.is_some_and(|(_, until)| *until > now) || troubled.is_some_and(|until| *until > now)
    }

    fn failed(&mut self, edition: EditionId, now: Timestamp) {
        let (tries, until) = self.failed.entry(edition).or_insert((0, now));
        *tries = tries.saturating_add(1);
        *until = now.plus(pause_after(*tries));
    }
}

/// What came of fetching a picture's files.
enum Outcome {
    Here,
    /// The link leads to another file, or another picture is made of it.
    Another,
    /// For how long the server wants to be left alone.
    Failed(Option<Duration>),
}

impl<R: Reach> Worker<R> {
    /// Looks at the next pictures, and fetches the files of those that are not in this node's folder, for up to
    /// [`Worker::server_time`]; says how many came.
    ///
    /// # Errors
    /// A [`Fault`] of the database.
    pub async fn mend(&self, mending: &mut Mending) -> Result<usize, Fault> {
        let after = mending.after;
        let looking = move |tx: &mut dyn Tx| kept_covers(tx, after, limits::LOOKED_THROUGH);
        let kept = self.store.read(looking).await?;
        let last = kept.last().map(|cover| cover.edition);
        let ends = (kept.len() as u64) < u64::from(limits::LOOKED_THROUGH);
        let (began, mut came) = (Instant::now(), 0);
        for cover in self.lacking(kept).await {
            if began.elapsed() >= self.server_time {
                return Ok(came);
            }
            let now = self.clock.now();
            if !mending.leaves_alone(&cover, now) {
                came += usize::from(self.mend_one(mending, &cover, now).await?);
                tokio::time::sleep(self.pause).await;
            }
            mending.after = Some(cover.edition);
        }
        // From the front again: files may go missing, and pictures come, anywhere.
        mending.after = last.filter(|_| !ends);
        Ok(came)
    }

    async fn lacking(&self, kept: Vec<KeptCover>) -> Vec<KeptCover> {
        let folder = self.folder.clone();
        let looking = tokio::task::spawn_blocking(move || {
            let lacking = kept
                .into_iter()
                .filter(|cover| !cover.picture.is_in(&folder));
            lacking.collect()
        });
        looking.await.unwrap_or_default()
    }

    async fn mend_one(
        &self,
        mending: &mut Mending,
        cover: &KeptCover,
        now: Timestamp,
    ) -> Result<bool, Fault> {
        match self.fetch_files(cover).await {
            Outcome::Here => {
                mending.failed.remove(&cover.edition);
                return Ok(true);
            }
            Outcome::Another => {
                // A server that gives each node another file is not asked for ever.
                mending.failed(cover.edition, now);
                let another = cover.clone();
                let look = move |tx: &mut dyn Tx| look_whole(tx, &another, now);
                self.store.write(look).await?;
            }
            Outcome::Failed(pause) => {
                mending.failed(cover.edition, now);
                if let Some(pause) = pause {
                    let until = now.plus(pause);
                    mending.troubled.insert(server_of(&cover.link), until);
                }
            }
        }
        Ok(false)
    }

    async fn fetch_files(&self, cover: &KeptCover) -> Outcome {
        let file = match self.fetcher.fetch(&cover.link, None).await {
            Ok(Answer::File(file)) => file,
            Ok(Answer::NotModified) => return Outcome::Failed(None),
            Err(fault) => return Outcome::Failed(fault.pause()),
        };
        if render::sha256(&file.bytes) != cover.sha256 {
            return Outcome::Another;
        }
        match self.make(file.bytes).await {
            Ok(rendered) if rendered.picture == cover.picture => Outcome::Here,
            // Files are named otherwise by another release.
            Ok(_) => Outcome::Another,
            Err(_) => Outcome::Failed(None),
        }
    }
}
