//! The store: where verbs are handed in, whichever engine is below.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio::{runtime::Handle, sync::oneshot};

use crate::{
    Engine, Fault, Migration, Row, Statement, StoreUrl, Tx, Value, migrate, outbox,
    postgres::{Postgres, tls::TrustError},
    sqlite::{self, Outcome, Readers, SqliteTx, Verb, Writer},
};

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The database itself.
    #[error("the database could not be opened")]
    Fault(#[from] Fault),
    /// There is nothing to judge the server by, or nothing to show it.
    #[error("the database could not be opened")]
    Trust(#[from] TrustError),
    /// The folder of the database file does not exist and could not be made.
    #[error("the folder {path} could not be made")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The system's words.
        #[source]
        source: std::io::Error,
    },
    /// The schema is of a newer program.
    #[error(
        "the database has schema {component} {found}, which is newer than this program: install the \
         newer version"
    )]
    TooNew {
        /// The component that is ahead.
        component: String,
        /// Its version in the database.
        found: i64,
    },
}

/// A handle on the data; cheap to clone.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

enum Inner {
    Sqlite {
        path: PathBuf,
        writer: Writer,
        readers: Readers,
    },
    Postgres(Postgres, Handle),
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Store").field(&self.engine()).finish()
    }
}

impl Store {
    /// Opens the data, creating an embedded file, and brings the schema up to `migrations`.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn open(
        url: &StoreUrl,
        migrations: &[&'static [Migration]],
    ) -> Result<Self, OpenError> {
        let steps: Vec<_> = [outbox::MIGRATIONS]
            .into_iter()
            .chain(migrations.iter().copied())
            .collect();
        match url {
            StoreUrl::Sqlite(path) => open_sqlite(path.clone(), steps).await,
            StoreUrl::Postgres(url) => {
                let postgres = Postgres::connect(url)?;
                postgres.migrate(&steps).await?;
                Ok(Self(Arc::new(Inner::Postgres(postgres, Handle::current()))))
            }
        }
    }

    /// The engine below.
    pub fn engine(&self) -> Engine {
        match &*self.0 {
            Inner::Sqlite { .. } => Engine::Sqlite,
            Inner::Postgres(..) => Engine::Postgres,
        }
    }

    /// The file of an embedded store.
    pub fn file(&self) -> Option<&Path> {
        match &*self.0 {
            Inner::Sqlite { path, .. } => Some(path),
            Inner::Postgres(..) => None,
        }
    }

    /// Runs `verb` in one transaction: committed when it says `Ok`, undone when it says `Err`.
    ///
    /// On PostgreSQL it is run again when it collided with another transaction, so it must compute
    /// its answer from its captured input alone.
    ///
    /// # Errors
    /// The verb's own refusal, or a [`Fault`] as its error type has it.
    pub async fn write<T, E>(
        &self,
        verb: impl Fn(&mut dyn Tx) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Fault> + Send + 'static,
    {
        match &*self.0 {
            Inner::Sqlite { writer, .. } => {
                let (answer, answered) = oneshot::channel();
                writer.submit(Box::new(Queued {
                    verb,
                    answer,
                    said: None,
                }));
                answered.await.unwrap_or_else(|_| Err(unanswered().into()))
            }
            Inner::Postgres(..) => {
                let store = self.clone();
                on_a_thread(move || store.write_blocking(verb)).await
            }
        }
    }

    /// [`Store::write`] for a thread of its own, outside the async runtime.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub fn write_blocking<T, E>(
        &self,
        verb: impl Fn(&mut dyn Tx) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Fault> + Send + 'static,
    {
        match &*self.0 {
            Inner::Sqlite { writer, .. } => {
                let (answer, answered) = oneshot::channel();
                writer.submit(Box::new(Queued {
                    verb,
                    answer,
                    said: None,
                }));
                answered
                    .blocking_recv()
                    .unwrap_or_else(|_| Err(unanswered().into()))
            }
            Inner::Postgres(postgres, runtime) => postgres.write(runtime, verb),
        }
    }

    /// Runs `read` on one snapshot of the data.
    ///
    /// # Errors
    /// As [`Store::write`]; writing inside is a defect that the engine refuses.
    pub async fn read<T, E>(
        &self,
        read: impl FnOnce(&mut dyn Tx) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Fault> + Send + 'static,
    {
        let store = self.clone();
        on_a_thread(move || store.read_blocking(read)).await
    }

    /// [`Store::read`] for a thread of its own, outside the async runtime.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub fn read_blocking<T, E>(
        &self,
        read: impl FnOnce(&mut dyn Tx) -> Result<T, E>,
    ) -> Result<T, E>
    where
        E: From<Fault>,
    {
        match &*self.0 {
            Inner::Sqlite { readers, .. } => readers.with(|tx| read(tx)),
            Inner::Postgres(postgres, runtime) => postgres.read(runtime, read),
        }
    }

    /// Runs one statement as a transaction of its own: on PostgreSQL one round trip.
    ///
    /// # Errors
    /// A [`Fault`].
    pub async fn call(
        &self,
        statement: &'static Statement,
        params: Vec<Value>,
    ) -> Result<Vec<Row>, Fault> {
        match &*self.0 {
            Inner::Sqlite { .. } => self.write(move |tx| tx.query(statement, &params)).await,
            Inner::Postgres(postgres, _) => postgres.call(statement, &params).await,
        }
    }

    /// Prepares `statement` without running it, for the test that holds both engines together.
    ///
    /// # Errors
    /// The engine's refusal.
    pub async fn prepare(&self, statement: &'static Statement) -> Result<(), Fault> {
        match &*self.0 {
            Inner::Sqlite { path, .. } => {
                let path = path.clone();
                on_a_thread(move || {
                    let connection = sqlite::open_writer(&path)?;
                    let text = statement.text(Engine::Sqlite)?;
                    connection.prepare(text).map(drop).map_err(sqlite::fault)
                })
                .await
            }
            Inner::Postgres(postgres, _) => postgres.prepare(statement).await,
        }
    }
}

async fn open_sqlite(path: PathBuf, steps: Vec<&'static [Migration]>) -> Result<Store, OpenError> {
    if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|source| OpenError::Folder {
            path: folder.to_owned(),
            source,
        })?;
    }
    let opening = tokio::task::spawn_blocking(move || {
        let connection = sqlite::open_writer(&path)?;
        migrate_sqlite(&connection, &steps)?;
        let readers = Readers::new(&path);
        Ok(Store(Arc::new(Inner::Sqlite {
            writer: Writer::start(connection, &path)?,
            readers,
            path,
        })))
    });
    opening
        .await
        .unwrap_or_else(|e| Err(Fault::Unavailable(e.into()).into()))
}

fn migrate_sqlite(
    connection: &rusqlite::Connection,
    steps: &[&'static [Migration]],
) -> Result<(), OpenError> {
    let run = |sql: &str| connection.execute_batch(sql).map_err(sqlite::fault);
    run("BEGIN IMMEDIATE")?;
    run(&migrate::translate(migrate::SCHEMA_VERSION, Engine::Sqlite))?;
    let applied = SqliteTx::new(connection).query(&migrate::APPLIED, &[])?;
    let applied = applied_versions(&applied)?;
    if let Some((component, found)) = migrate::newer_than_program(steps, &applied) {
        return Err(OpenError::TooNew { component, found });
    }
    for step in migrate::pending(steps, &applied) {
        run(&migrate::translate(step.sql, Engine::Sqlite))?;
        connection
            .execute(
                "INSERT INTO schema_version (component, version) VALUES (?1, ?2)",
                rusqlite::params![step.component, step.version],
            )
            .map_err(sqlite::fault)?;
    }
    Ok(run("COMMIT")?)
}

/// The rows of [`migrate::APPLIED`].
pub(crate) fn applied_versions(rows: &[Row]) -> Result<Vec<(String, i64)>, Fault> {
    rows.iter()
        .map(|row| Ok((row.text(0)?.to_owned(), row.int(1)?)))
        .collect()
}

/// A verb in the writer's queue with the caller who waits for its answer.
struct Queued<F, T, E> {
    verb: F,
    answer: oneshot::Sender<Result<T, E>>,
    said: Option<Result<T, E>>,
}

impl<F, T, E> Verb for Queued<F, T, E>
where
    F: Fn(&mut dyn Tx) -> Result<T, E> + Send,
    T: Send,
    E: From<Fault> + Send,
{
    fn run(&mut self, tx: &mut dyn Tx) -> Outcome {
        let said = (self.verb)(tx);
        let outcome = if said.is_ok() {
            Outcome::Keep
        } else {
            Outcome::Undo
        };
        self.said = Some(said);
        outcome
    }

    fn finish(self: Box<Self>, commit: Result<(), Fault>) {
        let answer = match (commit, self.said) {
            // A refusal is true whether or not the others' writes were committed.
            (_, Some(Err(refusal))) => Err(refusal),
            (Err(fault), _) => Err(fault.into()),
            (Ok(()), Some(said)) => said,
            (Ok(()), None) => Err(Fault::defect("a verb panicked").into()),
        };
        // The caller may have gone; the write stands all the same.
        drop(self.answer.send(answer));
    }
}

fn unanswered() -> Fault {
    Fault::Unavailable("the writer stopped before it answered".into())
}

async fn on_a_thread<T, E>(work: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, E>
where
    T: Send + 'static,
    E: From<Fault> + Send + 'static,
{
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|e| Err(Fault::Unavailable(e.into()).into()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;

    static STEPS: &[Migration] = &[Migration {
        component: "test",
        version: 1,
        sql: "CREATE TABLE shelf (id {bigint} PRIMARY KEY, copies {bigint} NOT NULL,
              CONSTRAINT never_below_zero CHECK (copies >= 0)) {strict};",
    }];
    mod sql {
        crate::statements! {
            pub(super) ADD = "INSERT INTO shelf (id, copies) VALUES ($1, $2)";
            pub(super) TAKE = "UPDATE shelf SET copies = copies - $2 WHERE id = $1";
            pub(super) COPIES = "SELECT copies FROM shelf WHERE id = $1";
        }
        pub(super) fn all() -> &'static [&'static crate::Statement] {
            STATEMENTS
        }
    }

    async fn shelf(folder: &Path) -> Store {
        let url = StoreUrl::Sqlite(folder.join("shelf.db"));
        Store::open(&url, &[STEPS]).await.unwrap()
    }

    #[tokio::test]
    async fn a_refused_verb_leaves_nothing_and_its_neighbours_stand() {
        let folder = tempfile::tempdir().unwrap();
        let store = shelf(folder.path()).await;
        store
            .write(|tx| tx.execute(&sql::ADD, &[1.into(), 2.into()]))
            .await
            .unwrap();
        let (kept, refused) = tokio::join!(
            store.write(|tx| tx.execute(&sql::TAKE, &[1.into(), 1.into()])),
            store.write(|tx| tx.execute(&sql::TAKE, &[1.into(), 5.into()])),
        );
        assert_eq!(kept.unwrap(), 1);
        assert!(
            matches!(refused, Err(Fault::Constraint { constraint }) if constraint == "never_below_zero")
        );
        let copies = store
            .read(|tx| tx.query_one(&sql::COPIES, &[1.into()]))
            .await
            .unwrap();
        assert_eq!(copies.int(0).unwrap(), 1);
    }

    #[tokio::test]
    async fn a_panicking_verb_is_a_defect_and_the_writer_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let store = shelf(folder.path()).await;
        let panicked: Result<(), Fault> = store
            .write(|tx| {
                tx.execute(&sql::ADD, &[1.into(), 2.into()])?;
                panic!("a bug");
            })
            .await;
        assert!(matches!(panicked, Err(Fault::Defect(_))));
        let gone = store
            .read(|tx| tx.query_opt(&sql::COPIES, &[1.into()]))
            .await
            .unwrap();
        assert_eq!(gone, None);
    }

    #[tokio::test]
    async fn a_store_that_is_closed_leaves_no_log_behind() {
        let folder = tempfile::tempdir().unwrap();
        for number in 0..50 {
            let store = shelf(folder.path()).await;
            store
                .write(move |tx| tx.execute(&sql::ADD, &[number.into(), 1.into()]))
                .await
                .unwrap();
            drop(store);
            let log = folder.path().join("shelf.db-wal");
            for _ in 0..500 {
                if !log.exists() {
                    break;
                }
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
            assert!(!log.exists(), "somebody keeps it open, time {number}");
        }
    }

    #[tokio::test]
    async fn a_reader_cannot_write() {
        let folder = tempfile::tempdir().unwrap();
        let store = shelf(folder.path()).await;
        let refused = store
            .read(|tx| tx.execute(&sql::ADD, &[1.into(), 2.into()]))
            .await;
        assert!(refused.is_err());
        for statement in sql::all() {
            store.prepare(statement).await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_backup_restores_what_was_committed_and_overwrites_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let store = shelf(folder.path()).await;
        store
            .write(|tx| tx.execute(&sql::ADD, &[7.into(), 3.into()]))
            .await
            .unwrap();
        let (copy, back) = (folder.path().join("copy.db"), folder.path().join("back.db"));
        crate::backup(store.file().unwrap(), &copy).unwrap();
        assert!(crate::backup(store.file().unwrap(), &copy).is_err());
        crate::restore(&copy, &back).unwrap();
        let restored = Store::open(&StoreUrl::Sqlite(back), &[STEPS])
            .await
            .unwrap();
        let copies = restored
            .read(|tx| tx.query_one(&sql::COPIES, &[7.into()]))
            .await
            .unwrap();
        assert_eq!(copies.int(0).unwrap(), 3);
        std::fs::write(&copy, b"not a database at all, but long enough to look at").unwrap();
        let damaged = crate::restore(&copy, &folder.path().join("third.db"));
        assert!(matches!(damaged, Err(crate::BackupError::Damaged { .. })));
    }
}
