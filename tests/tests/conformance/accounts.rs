//! Accounts of the back office: the command that makes the first, passwords that are given and changed, sessions, the
//! second factor.

use std::{path::Path, process::Command, time::Duration};

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use shop::{
    order::OrderKeys,
    staff::{
        self, Browser, ChangeRefusal, Credential, Enrolment, FactorKeys, LoginRefusal, NewPassword,
        PasswordRefusal, SecondFactorRule, Session, Step, Which, audit,
    },
};
use storage::StoreUrl;
use trade::{clock::Clock, limits};

use crate::{
    counter::Counter,
    office::{hire, log_in},
};

const PASSWORD: &str = "correct horse battery";

async fn session_of(counter: &Counter, token: &str) -> Option<Session> {
    let (token, now) = (token.to_owned(), counter.clock.now());
    let reading = counter
        .store
        .read(move |tx| staff::session(tx, &token, now));
    reading.await.unwrap()
}

/// Logs Anne in and finds her session.
async fn enter(counter: &Counter) -> Session {
    let opened = log_in(counter, PASSWORD).await.unwrap();
    session_of(counter, &opened.token).await.unwrap()
}

fn elsewhere() -> Browser {
    Browser {
        family: "Safari · iPhone".into(),
        address: "192.0.2.9".into(),
    }
}

async fn change(
    counter: &Counter,
    session: &Session,
    current: &str,
    new: &str,
) -> Result<staff::NewSession, ChangeRefusal> {
    let typed = NewPassword {
        current,
        new,
        shop: "Librairie du Quai",
    };
    staff::change_password(&counter.store, &counter.clock, session, typed, &elsewhere()).await
}

/// What the log says, newest first: who, what, more.
async fn log(counter: &Counter) -> Vec<(String, String, Option<String>)> {
    let reading = counter.store.read(|tx| audit::latest(tx, 1, 50));
    let entries = reading.await.unwrap().into_iter();
    entries
        .map(|entry| (entry.staff, entry.action, entry.note))
        .collect()
}

async fn give(counter: &Counter) -> String {
    let (password, hash) = tokio::task::spawn_blocking(staff::drawn)
        .await
        .unwrap()
        .unwrap();
    let credential = Credential::one_time(hash, counter.clock.now());
    let giving = counter
        .store
        .write(move |tx| staff::set_password(tx, "ANNE", &credential));
    giving.await.unwrap();
    password
}

pub async fn a_given_password_is_for_one_entry_and_for_a_while(counter: Counter) {
    hire(&counter, "anne").await.unwrap();
    for _ in 0..limits::LOGIN_FAILURES {
        assert!(log_in(&counter, "wrong").await.is_err());
    }
    let given = give(&counter).await;
    assert!(log_in(&counter, PASSWORD).await.is_err(), "the old one");
    let opened = log_in(&counter, &given).await.unwrap();
    let session = session_of(&counter, &opened.token).await.unwrap();
    for rule in [SecondFactorRule::All, SecondFactorRule::Optional] {
        assert_eq!(session.owes(rule), Some(Step::Password));
    }
    let own = "les quais sous la pluie";
    let changed = change(&counter, &session, &given, own).await.unwrap();
    let session = session_of(&counter, &changed.token).await.unwrap();
    assert_eq!(session.owes(SecondFactorRule::Optional), None);
    assert_eq!(
        session.owes(SecondFactorRule::All),
        Some(Step::SecondFactor)
    );
    assert!(log_in(&counter, &given).await.is_err(), "used up");
    assert!(log_in(&counter, own).await.is_ok());

    let late = give(&counter).await;
    counter.clock.advance(limits::ONE_TIME_PASSWORD);
    assert!(matches!(
        log_in(&counter, &late).await,
        Err(LoginRefusal::Wrong)
    ));
}

pub async fn who_changes_her_password_shows_the_one_before(counter: Counter) {
    hire(&counter, "anne").await.unwrap();
    let (other, session) = (enter(&counter).await, enter(&counter).await);
    let new = "les quais sous la pluie";
    let refused = change(&counter, &session, "wrong", new).await;
    assert!(matches!(
        refused,
        Err(ChangeRefusal::Current(LoginRefusal::Wrong))
    ));
    let same = change(&counter, &session, PASSWORD, PASSWORD).await;
    assert!(matches!(same, Err(ChangeRefusal::Same)));
    for (easy, why) in [
        ("qwerty123456", PasswordRefusal::Common),
        ("librairie du quai 7", PasswordRefusal::Obvious),
        ("vive Anne du comptoir", PasswordRefusal::Obvious),
    ] {
        match change(&counter, &session, PASSWORD, easy).await {
            Err(ChangeRefusal::New(refusal)) => assert_eq!(refusal, why, "{easy}"),
            other => panic!("{easy}: {other:?}"),
        }
    }
    let changed = change(&counter, &session, PASSWORD, new).await.unwrap();
    let now = counter.clock.now();
    let open = counter
        .store
        .read(move |tx| staff::own_sessions(tx, &other.member, now));
    let open = open.await.unwrap();
    let going_on = session_of(&counter, &changed.token).await.unwrap();
    assert_eq!(open.len(), 1, "the others end");
    assert_eq!((open[0].id, &open[0].browser), (going_on.id, &elsewhere()));
    assert!(log_in(&counter, PASSWORD).await.is_err());
    assert!(log_in(&counter, new).await.is_ok());
    let said = log(&counter).await;
    let changes = said.iter().filter(|one| one.1 == "staff.own_password");
    assert_eq!(changes.count(), 1, "{said:?}");
}

pub async fn sessions_are_listed_and_ended_by_whose_they_are(counter: Counter) {
    hire(&counter, "anne").await.unwrap();
    let first = enter(&counter).await;
    counter.clock.advance(Duration::from_secs(120));
    let second = enter(&counter).await;
    let listed = async || {
        let (member, now) = (second.member.clone(), counter.clock.now());
        let reading = counter
            .store
            .read(move |tx| staff::own_sessions(tx, &member, now));
        reading.await.unwrap()
    };
    let shown = listed().await;
    let ids: Vec<i64> = shown.iter().map(|one| one.id).collect();
    assert_eq!(ids, [second.id, first.id], "the last used first");
    assert_eq!(shown[1].browser.family, "Firefox · Linux");
    assert_eq!(shown[1].browser.address, "192.0.2.7");
    assert_eq!(
        shown[0].opened.since(shown[1].opened),
        Duration::from_secs(120)
    );

    let mut stranger = second.clone();
    stranger.member.id += 1;
    let end = async |session: &Session, which, password: &str| {
        staff::end_own(&counter.store, &counter.clock, session, which, password).await
    };
    let one = Which::One(first.id);
    assert_eq!(
        end(&stranger, one, PASSWORD).await.unwrap(),
        0,
        "somebody else's"
    );
    let wrong = end(&second, one, "wrong").await;
    assert!(matches!(wrong, Err(LoginRefusal::Wrong)));
    assert_eq!(listed().await.len(), 2);
    assert_eq!(end(&second, one, PASSWORD).await.unwrap(), 1);
    enter(&counter).await;
    enter(&counter).await;
    assert_eq!(end(&second, Which::Others, PASSWORD).await.unwrap(), 2);
    let left: Vec<i64> = listed().await.iter().map(|one| one.id).collect();
    assert_eq!(left, [second.id]);
}

pub async fn one_session_too_many_ends_the_one_unused_for_longest(counter: Counter) {
    hire(&counter, "anne").await.unwrap();
    let mut opened = Vec::new();
    for _ in 0..=limits::STAFF_SESSIONS {
        counter.clock.advance(Duration::from_secs(60));
        opened.push(log_in(&counter, PASSWORD).await.unwrap().token);
    }
    assert_eq!(session_of(&counter, &opened[0]).await, None);
    for token in &opened[1..] {
        assert!(session_of(&counter, token).await.is_some());
    }
}

/// The configuration of a shop with this database.
fn configuration(folder: &Path, database: &str) -> String {
    let path = folder.join("shop.toml");
    let text = format!(
        "profile = \"demo\"\n[shop]\nname = \"Librairie\"\nlisten = \"127.0.0.1:1\"\n\
         public_url = \"http://127.0.0.1:1\"\n[data]\nfolder = \"{}\"\ndatabase = \"{database}\"\n\
         [payment]\ncollection = true\n[mail]\nfrom = \"a <a@example.org>\"\ncontact = \"a@example.org\"\n",
        folder.display()
    );
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

/// Runs `bouquin staff`: what it printed, or what it complained about.
fn bouquin_staff(arguments: &[&str]) -> Result<String, String> {
    let mut command = Command::new(tests::demo::executable().unwrap());
    let output = command.arg("staff").args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    match output.status.success() {
        true => Ok(text(output.stdout)),
        false => Err(text(output.stderr)),
    }
}

/// The one-time password among what was printed.
fn printed(said: &str) -> &str {
    let line = said
        .lines()
        .find(|line| line.starts_with("One-time password"));
    line.unwrap().split_whitespace().last().unwrap()
}

pub async fn the_command_makes_the_first_account(counter: Counter) {
    let folder = tempfile::tempdir().unwrap();
    let (database, missing) = match &counter.url {
        StoreUrl::Sqlite(path) => (
            format!("sqlite:{}", path.display()),
            format!("sqlite:{}", folder.path().join("none.db").display()),
        ),
        StoreUrl::Postgres(url) => {
            let url = url.as_str();
            let server = url.rsplit_once('/').unwrap().0;
            (url.to_owned(), format!("{server}/none"))
        }
    };
    let config = configuration(folder.path(), &missing);
    let anne = [
        "--config",
        &config,
        "--login",
        "Anne@quai.example",
        "--name",
        "Anne Quai",
    ];
    let refused = bouquin_staff(&[&["add"], &anne[..]].concat()).unwrap_err();
    assert!(
        refused.contains("database") && refused.contains("none"),
        "{refused}"
    );
    assert!(!folder.path().join("none.db").exists(), "none is made");

    configuration(folder.path(), &database);
    let said = bouquin_staff(&[&["add"], &anne[..]].concat()).unwrap();
    assert!(said.contains("http://127.0.0.1:1/office") && said.contains("anne@quai.example"));
    let clock = Clock::system();
    let enter = async |password: &str| {
        let browser = elsewhere();
        staff::log_in(
            &counter.store,
            &clock,
            "anne@quai.example",
            password,
            &browser,
        )
        .await
    };
    let opened = enter(printed(&said)).await.unwrap();
    assert_eq!(opened.member.role, staff::Role::Administrator);
    assert_eq!(opened.member.name, "Anne Quai");
    assert!(opened.member.one_time_until.is_some());

    let refused = bouquin_staff(&[&["add"], &anne[..]].concat()).unwrap_err();
    assert!(
        refused.contains("there is an account anne@quai.example"),
        "{refused}"
    );
    let odd = [
        "add",
        "--config",
        &config,
        "--login",
        "an ne",
        "--role",
        "bookseller",
    ];
    let refused = bouquin_staff(&odd).unwrap_err();
    assert!(refused.contains("a login has"), "{refused}");
    let nobody = ["password", "--config", &config, "--login", "nobody"];
    let refused = bouquin_staff(&nobody).unwrap_err();
    assert!(refused.contains("there is no account nobody"), "{refused}");

    let forgot = [
        "password",
        "--config",
        &config,
        "--login",
        "anne@quai.example",
    ];
    let again = bouquin_staff(&forgot).unwrap();
    assert!(enter(printed(&said)).await.is_err(), "the one before");
    assert!(enter(printed(&again)).await.is_ok());
    let said = log(&counter).await;
    assert!(
        said.iter()
            .any(|one| one.0 == "bouquin staff" && one.1 == "staff.create")
    );
}

fn keys() -> FactorKeys {
    FactorKeys::beside(&OrderKeys::new(&[7; 32]))
}

/// An authenticator app: it has the secret of the page as text, and the time.
fn app_shows(counter: &Counter, enrolment: &Enrolment) -> String {
    let secret = data_encoding::BASE32_NOPAD
        .decode(enrolment.secret.as_bytes())
        .unwrap();
    let step = counter.clock.now().as_micros() / 30_000_000;
    let mut mac = Hmac::<Sha1>::new_from_slice(&secret).unwrap();
    mac.update(&step.to_be_bytes());
    let hash = mac.finalize().into_bytes();
    let offset = usize::from(hash[19] & 15);
    let number = u32::from_be_bytes(hash[offset..offset + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

/// Sets Anne's second factor up: her app, and her codes on paper.
async fn enrol(counter: &Counter) -> (Enrolment, Vec<String>) {
    let session = enter(counter).await;
    let enrolment = Enrolment::of(&keys(), &session, "Librairie du Quai");
    let code = app_shows(counter, &enrolment);
    let by = (&counter.store, &counter.clock, &keys());
    let enrolled = staff::enrol(by, &session, (PASSWORD, &code), &elsewhere()).await;
    (enrolment, enrolled.unwrap().recovery_codes)
}

async fn show(
    counter: &Counter,
    session: &Session,
    code: &str,
) -> Result<staff::NewSession, LoginRefusal> {
    let by = (&counter.store, &counter.clock, &keys());
    staff::show_code(by, session, code, &elsewhere()).await
}

pub async fn a_second_factor_is_shown_at_each_entry_and_no_code_twice(counter: Counter) {
    hire(&counter, "anne").await.unwrap();
    let (app, _) = enrol(&counter).await;
    let used = app_shows(&counter, &app);
    let owing = enter(&counter).await;
    for rule in SecondFactorRule::ALL {
        assert_eq!(owing.owes(*rule), Some(Step::Code));
    }
    let again = show(&counter, &owing, &used).await;
    assert!(
        matches!(again, Err(LoginRefusal::Wrong)),
        "it set up the app"
    );
    counter.clock.advance(Duration::from_secs(30));
    let code = app_shows(&counter, &app);
    let typed = format!("{} {}", &code[..3], &code[3..]);
    let inside = show(&counter, &owing, &typed).await.unwrap();
    let inside = session_of(&counter, &inside.token).await.unwrap();
    assert_eq!(inside.owes(SecondFactorRule::All), None);
    let other = enter(&counter).await;
    let twice = show(&counter, &other, &code).await;
    assert!(matches!(twice, Err(LoginRefusal::Wrong)), "used up");
    let said = log(&counter).await;
    let entries: Vec<&str> = said.iter().map(|one| one.1.as_str()).collect();
    assert_eq!(
        entries,
        ["staff.enter", "staff.wrong", "staff.factor", "staff.enter"],
        "who only knows the password did not enter"
    );
}

pub async fn a_given_password_takes_no_second_factor_away(counter: Counter) {
    hire(&counter, "anne").await.unwrap();
    let (app, _) = enrol(&counter).await;
    counter.clock.advance(Duration::from_secs(60));
    let given = give(&counter).await;
    let opened = log_in(&counter, &given).await.unwrap();
    let session = session_of(&counter, &opened.token).await.unwrap();
    for rule in SecondFactorRule::ALL {
        assert_eq!(session.owes(*rule), Some(Step::Code), "before any door");
    }
    let code = app_shows(&counter, &app);
    let inside = show(&counter, &session, &code).await.unwrap();
    let session = session_of(&counter, &inside.token).await.unwrap();
    assert_eq!(session.owes(SecondFactorRule::All), Some(Step::Password));
    let own = "les quais sous la pluie";
    change(&counter, &session, &given, own).await.unwrap();
    let opened = log_in(&counter, own).await.unwrap();
    let session = session_of(&counter, &opened.token).await.unwrap();
    assert_eq!(session.owes(SecondFactorRule::Optional), Some(Step::Code));
}

pub async fn who_guesses_codes_must_wait(counter: Counter) {
    hire(&counter, "anne").await.unwrap();
    let (app, _) = enrol(&counter).await;
    counter.clock.advance(Duration::from_secs(60));
    let owing = enter(&counter).await;
    for _ in 0..limits::LOGIN_FAILURES {
        let wrong = show(&counter, &owing, "no code").await;
        assert!(matches!(wrong, Err(LoginRefusal::Wrong)));
    }
    // Knowing the password starts no new count.
    let owing = enter(&counter).await;
    let right = app_shows(&counter, &app);
    let late = show(&counter, &owing, &right).await;
    assert!(matches!(late, Err(LoginRefusal::TryLater)));
    counter
        .clock
        .advance(limits::LOGIN_PAUSE + Duration::from_secs(1));
    let right = app_shows(&counter, &app);
    assert!(show(&counter, &owing, &right).await.is_ok());
}

pub async fn a_recovery_code_lets_in_once(counter: Counter) {
    hire(&counter, "anne").await.unwrap();
    let (_, codes) = enrol(&counter).await;
    assert_eq!(codes.len(), limits::RECOVERY_CODES);
    let typed = codes[3].to_uppercase().replace('-', " ");
    let owing = enter(&counter).await;
    assert!(show(&counter, &owing, &typed).await.is_ok());
    let owing = enter(&counter).await;
    let again = show(&counter, &owing, &codes[3]).await;
    assert!(matches!(again, Err(LoginRefusal::Wrong)), "used up");
    assert!(show(&counter, &owing, &codes[4]).await.is_ok());
    let said = log(&counter).await;
    let left: Vec<&str> = said
        .iter()
        .filter(|one| one.1 == "staff.recovery")
        .filter_map(|one| one.2.as_deref())
        .collect();
    assert_eq!(left, ["8", "9"]);
}

pub async fn a_second_factor_is_set_up_by_password_and_code_and_taken_away(counter: Counter) {
    hire(&counter, "anne").await.unwrap();
    let session = enter(&counter).await;
    let app = Enrolment::of(&keys(), &session, "Librairie du Quai");
    assert!(
        app.address
            .starts_with("otpauth://totp/Librairie%20du%20Quai:anne?secret=")
    );
    let code = app_shows(&counter, &app);
    let (store, clock, keys) = (&counter.store, &counter.clock, keys());
    for typed in [("wrong", code.as_str()), (PASSWORD, "000000x")] {
        let refused = staff::enrol((store, clock, &keys), &session, typed, &elsewhere()).await;
        assert!(matches!(refused, Err(LoginRefusal::Wrong)), "{typed:?}");
    }
    assert!(!enter(&counter).await.member.second_factor);
    enrol(&counter).await;
    assert!(enter(&counter).await.member.second_factor);

    let taking = store.write(|tx| staff::remove_second_factor(tx, "Anne"));
    taking.await.unwrap();
    let session = enter(&counter).await;
    assert_eq!(session.owes(SecondFactorRule::Optional), None);
    let code = app_shows(&counter, &app);
    assert!(
        show(&counter, &session, &code).await.is_err(),
        "there is none"
    );

    enrol(&counter).await;
    let session = enter(&counter).await;
    let wrong = staff::give_up_second_factor(store, clock, &session, "wrong").await;
    assert!(matches!(wrong, Err(LoginRefusal::Wrong)));
    let given_up = staff::give_up_second_factor(store, clock, &session, PASSWORD).await;
    given_up.unwrap();
    assert!(!enter(&counter).await.member.second_factor);
}
