//! A round: one source is asked for what was not read yet, file by file, and everything is compared afterwards.
//!
//! Each file is kept in a transaction of its own, so a round may be cut short anywhere: the next one goes on.

use std::time::Duration;

use banking::iban::Iban;
use storage::{Fault, Store, Tx};
use trade::{
    clock::{Clock, Timestamp},
    limits,
};

use super::{
    door::{BatchDoor, FetchFault, Place, Source, StatementDoor},
    folder::{Aside, StatementFolder},
    standing::{self, Ending},
    wanted::{self, WantedBatch},
};
use crate::reconciliation::{
    Agreement,
    files::{self, Asked, FileRead, FileRefusal, HandedIn},
    run,
};

storage::statements! {
    LAST_RUN = "SELECT MAX(begun_us) FROM reconciliation_runs WHERE ended_us IS NOT NULL";
    READ_SINCE = "SELECT 1 FROM (
            SELECT read_us AS at_us FROM clearing_batches UNION ALL SELECT read_us FROM bank_statements
            UNION ALL SELECT at_us FROM bank_files_refused
            UNION ALL SELECT booked_us FROM provider_payouts UNION ALL SELECT failed_us FROM provider_payouts) AS r
        WHERE r.at_us > $1 LIMIT 1";
}

/// Who hands in what the shop fetched: nobody.
const NOBODY: &str = "";

/// Asks places for files, and hands them in.
#[derive(Clone)]
pub struct Fetcher {
    /// The shop's database.
    pub store: Store,
    /// What time it is.
    pub clock: Clock,
    /// The shop's own account, when it is known: statements of others are refused.
    pub account: Option<Iban>,
    /// What the bank may charge.
    pub agreement: Agreement,
    /// How long is waited between two rounds that went well.
    pub every: Duration,
    /// How long a file in a folder must not have changed.
    pub still: Duration,
}

/// What a round did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// Files that were read and had not been before; payouts that were booked, or found to have failed.
    pub read: usize,
    /// Files that were not believed: each is a break.
    pub refused: usize,
    /// What hindered it, or single files of it.
    pub failure: Option<FetchFault>,
}

/// Why a round stops before its end.
pub(super) enum Stop {
    /// The source.
    Fetch(FetchFault),
    /// The database.
    Fault(Fault),
}

impl From<FetchFault> for Stop {
    fn from(fault: FetchFault) -> Stop {
        Stop::Fetch(fault)
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Stop {
        Stop::Fault(fault)
    }
}

/// Whether a round may be over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    Nothing,
    More,
}

/// What became of a file that was asked for.
enum HandedOver {
    Read,
    /// Its break says why.
    Refused,
    /// It is well, and another one.
    Misnumbered,
}

impl Fetcher {
    /// Asks a place, if it is its time and no other node does; none when not.
    ///
    /// # Errors
    /// A [`Fault`]; what was read before stays read, and the source is asked again when the claim is over.
    pub async fn ask(&self, place: &Place) -> Result<Option<Round>, Fault> {
        let (source, now) = (place.source(), self.clock.now());
        if !self
            .store
            .read(move |tx| standing::is_due(tx, source, now))
            .await?
        {
            return Ok(None);
        }
        let claim = self
            .store
            .write(move |tx| standing::claim(tx, source, now))
            .await?;
        let Some(claim) = claim else {
            return Ok(None);
        };
        let mut round = Round::default();
        let asked = tokio::time::timeout(limits::FETCH_ROUND, self.go(place, &mut round)).await;
        let ending = match asked {
            Ok(Ok(Left::Nothing)) => Ending::Through(round.failure),
            // Without any progress it would go round and round.
            Ok(Ok(Left::More)) if round.read + round.refused == 0 => Ending::Through(round.failure),
            Ok(Ok(Left::More)) => Ending::More(round.failure),
            Ok(Err(Stop::Fetch(fault))) => Ending::Stopped(fault),
            Ok(Err(Stop::Fault(fault))) => return Err(fault),
            Err(_) => Ending::Stopped(FetchFault::Silent),
        };
        if let Ending::Stopped(fault) = ending {
            round.failure = Some(fault);
        }
        let (every, ended) = (self.every, self.clock.now());
        self.store
            .write(move |tx| standing::end(tx, &claim, ending, every, ended))
            .await?;
        self.compare(&round).await?;
        Ok(Some(round))
    }

    async fn go(&self, place: &Place, round: &mut Round) -> Result<Left, Stop> {
        match place {
            Place::Switch(door) => self.batches(door.as_ref(), round).await,
            Place::Window(door) => self.statements(door.as_ref(), round).await,
            Place::Folder(folder) => {
                let folder = StatementFolder::open(folder.clone(), self.still).await?;
                self.dropped(&folder, round).await
            }
            Place::Provider(door) => self.payouts(door.as_ref(), round).await,
        }
    }

    async fn batches(&self, door: &dyn BatchDoor, round: &mut Round) -> Result<Left, Stop> {
        let now = self.clock.now();
        let mut after = self
            .store
            .read(move |tx| wanted::batches_after(tx, now))
            .await?;
        let mut files = 0;
        for _ in 0..limits::FETCH_PAGES {
            let page = door.batches(after).await?;
            let offered = page.offered;
            let looking = self
                .store
                .read(move |tx| wanted::of_batches(tx, &offered, now));
            for wanted in looking.await? {
                if files >= limits::FETCH_FILES {
                    return Ok(Left::More);
                }
                files += 1;
                self.batch(door, wanted, round).await?;
            }
            match page.next {
                Some(next) if next > after => after = next,
                _ => return Ok(Left::Nothing),
            }
        }
        Ok(Left::More)
    }

    /// Fetches a batch, and the bank's answer to it; without the one the other says nothing.
    async fn batch(
        &self,
        door: &dyn BatchDoor,
        wanted: WantedBatch,
        round: &mut Round,
    ) -> Result<(), Stop> {
        let number = wanted.sequence;
        if wanted.file {
            let file = door.batch(number).await;
            if !self.take(Asked::Batch(number), file, round).await? {
                return Ok(());
            }
        }
        if wanted.answer {
            let file = door.answer(number).await;
            self.take(Asked::Answer(number), file, round).await?;
        }
        Ok(())
    }

    async fn statements(&self, door: &dyn StatementDoor, round: &mut Round) -> Result<Left, Stop> {
        let now = self.clock.now();
        let account = self.account.clone();
        let mut after = self
            .store
            .read(move |tx| wanted::statements_after(tx, account.as_ref(), now))
            .await?;
        let mut files = 0;
        for _ in 0..limits::FETCH_PAGES {
            let page = door.statements(after).await?;
            let (offered, account) = (page.offered, self.account.clone());
            let looking = self
                .store
                .read(move |tx| wanted::of_statements(tx, &offered, account.as_ref(), now));
            for number in looking.await? {
                if files >= limits::FETCH_FILES {
                    return Ok(Left::More);
                }
                files += 1;
                let file = door.statement(number).await;
                self.take(Asked::Statement(number), file, round).await?;
            }
            match page.next {
                Some(next) if next > after => after = next,
                _ => return Ok(Left::Nothing),
            }
        }
        Ok(Left::More)
    }

    /// Hands a file in that was asked for; whether it is read. One that cannot be had or believed is put off, and holds up
    /// no other.
    async fn take(
        &self,
        asked: Asked,
        file: Result<Vec<u8>, FetchFault>,
        round: &mut Round,
    ) -> Result<bool, Stop> {
        match file {
            Ok(bytes) => match self.hand_over(asked, bytes, round).await? {
                HandedOver::Read => return Ok(true),
                HandedOver::Refused => {}
                HandedOver::Misnumbered => round.failure = Some(FetchFault::Misnumbered),
            },
            Err(fault) if fault.is_of_file() => round.failure = Some(fault),
            Err(fault) => return Err(fault.into()),
        }
        let ((source, number), now) = (key(asked), self.clock.now());
        self.store
            .write(move |tx| wanted::put_off(tx, source, number, now))
            .await?;
        Ok(false)
    }

    async fn hand_over(
        &self,
        asked: Asked,
        bytes: Vec<u8>,
        round: &mut Round,
    ) -> Result<HandedOver, Stop> {
        let file = HandedIn {
            name: asked.name().to_owned(),
            bytes,
            staff: NOBODY.to_owned(),
        };
        let account = self.account.as_ref();
        let read = files::read_fetched(&self.store, &self.clock, file, Some(asked), account).await;
        let read = match read {
            Ok(read) => read,
            Err(FileRefusal::Fault(fault)) => return Err(fault.into()),
            Err(refusal) => {
                tracing::warn!(%refusal, ?asked, "a fetched file is refused");
                round.refused += 1;
                return Ok(HandedOver::Refused);
            }
        };
        round.read += usize::from(is_new(&read));
        let account = self.account.clone();
        let fits = self.store.write(move |tx| {
            let fits = fits(tx, asked, &read, account.as_ref())?;
            if fits {
                let (source, number) = key(asked);
                wanted::take_up(tx, source, number)?;
            }
            Ok::<_, Fault>(fits)
        });
        Ok(match fits.await? {
            true => HandedOver::Read,
            false => HandedOver::Misnumbered,
        })
    }

    /// Reads what lies in a folder, and lays it aside.
    async fn dropped(&self, folder: &StatementFolder, round: &mut Round) -> Result<Left, Stop> {
        let taken = folder.take().await?;
        round.failure = taken.hindered;
        for name in taken.names {
            let bytes = match folder.read(&name).await? {
                Ok(bytes) => bytes,
                Err(fault) => {
                    round.failure = Some(fault);
                    continue;
                }
            };
            let digest = files::digest(&bytes);
            let file = HandedIn {
                name: name.clone(),
                bytes,
                staff: NOBODY.to_owned(),
            };
            let account = self.account.as_ref();
            let read = files::read_fetched(&self.store, &self.clock, file, None, account).await;
            let aside = match read {
                Ok(read) => {
                    round.read += usize::from(is_new(&read));
                    Aside::Read
                }
                Err(FileRefusal::Fault(fault)) => return Err(fault.into()),
                Err(refusal) => {
                    tracing::warn!(%refusal, file = ?name, "a file in the folder of statements is refused");
                    round.refused += 1;
                    Aside::Refused
                }
            };
            folder.lay_aside(&name, aside, &digest).await?;
        }
        Ok(match taken.more {
            true => Left::More,
            false => Left::Nothing,
        })
    }

    /// Compares everything, if something was read since it was compared last: in this round, or in one that was cut short.
    async fn compare(&self, round: &Round) -> Result<(), Fault> {
        if round.read > 0 || self.store.read(is_behind).await? {
            run::run(&self.store, &self.clock, &self.agreement, None).await?;
        }
        Ok(())
    }
}

fn is_behind(tx: &mut dyn Tx) -> Result<bool, Fault> {
    let last = tx.query_one(&LAST_RUN, &[])?.opt_int(0)?;
    let last = last.map_or(Timestamp::micros(i64::MIN), Timestamp::micros);
    let since = tx.query_opt(&READ_SINCE, &[last.as_micros().into()])?;
    Ok(since.is_some())
}

/// By what a file is put off.
fn key(asked: Asked) -> (Source, u32) {
    match asked {
        Asked::Batch(number) | Asked::Answer(number) => (Source::Switch, number),
        Asked::Statement(number) => (Source::Window, number),
    }
}

/// Whether what was read is what was asked for: otherwise it would be asked for again and again.
fn fits(
    tx: &mut dyn Tx,
    asked: Asked,
    read: &FileRead,
    account: Option<&Iban>,
) -> Result<bool, Fault> {
    Ok(match (asked, read) {
        (Asked::Batch(number), FileRead::Batch { sequence, .. })
        | (Asked::Answer(number), FileRead::Answer { sequence, .. }) => *sequence == number,
        (Asked::Statement(number), FileRead::Statements { .. }) => {
            wanted::is_read(tx, number, account)?
        }
        _ => false,
    })
}

fn is_new(read: &FileRead) -> bool {
    match read {
        FileRead::Statements { new, .. } => *new > 0,
        FileRead::Batch { known, .. } | FileRead::Answer { known, .. } => !known,
    }
}
