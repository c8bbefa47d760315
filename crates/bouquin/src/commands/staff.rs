//! `bouquin staff`: the first account of a shop, and a way back for who was the only one and forgot.
//!
//! Further accounts are made in the back office. What is printed is a password for one entry; nobody chooses one here, and
//! none is taken as an argument, where other users of the machine would read it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Subcommand;
use shop::staff::{self, AccountRefusal, Credential, NewMember, Role, audit};
use storage::{Store, StoreUrl};
use trade::{
    clock::{Clock, Timestamp},
    limits,
    locale::{Locale, format_time},
};

use super::TABLES;
use crate::config::{self, ShopConfig};

/// Under what name the log of the back office has what this command did.
const BY: &str = "bouquin staff";

/// `bouquin staff`
#[derive(Subcommand)]
pub enum Deed {
    /// Makes an account and prints its one-time password.
    Add(Add),
    /// Gives an account a new one-time password, and opens it again if it was closed.
    Password(Password),
}

/// `bouquin staff add`
#[derive(clap::Args)]
pub struct Add {
    /// The configuration of the shop, which may be running.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// What she types to log in: letters without accents, digits and . - _ @; an e-mail address will do.
    #[arg(long)]
    login: String,
    /// What she is called; without it, her login.
    #[arg(long)]
    name: Option<String>,
    /// What she may do.
    #[arg(long, value_parser = role, default_value = "administrator")]
    role: Role,
}

/// `bouquin staff password`
#[derive(clap::Args)]
pub struct Password {
    /// The configuration of the shop, which may be running.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Whose it is.
    #[arg(long)]
    login: String,
    /// Takes her second factor away too, for who has lost it and her recovery codes.
    #[arg(long)]
    without_second_factor: bool,
}

fn role(text: &str) -> Result<Role, String> {
    Role::of_code(text).ok_or_else(|| {
        let roles: Vec<&str> = Role::ALL.iter().map(|role| role.code()).collect();
        format!("expected {}", roles.join(" or "))
    })
}

/// Does what was asked, and prints the password.
pub async fn run(deed: Deed) -> Result<()> {
    let (password, hash) = tokio::task::spawn_blocking(staff::drawn).await??;
    let now = Clock::system().now();
    let credential = Credential::one_time(hash, now);
    match deed {
        Deed::Add(add) => {
            let (config, store) = open(&add.config).await?;
            let login = added(&store, add, credential, now).await?;
            tell(&config, &login, &password, now);
        }
        Deed::Password(given) => {
            let (config, store) = open(&given.config).await?;
            let login = given.login.clone();
            replaced(&store, given, credential, now).await?;
            tell(&config, &login, &password, now);
        }
    }
    Ok(())
}

/// Opens the shop's database, which must be there: a mistyped path would make an empty one with an account in it.
async fn open(path: &Path) -> Result<(ShopConfig, Store)> {
    let config = config::shop(path).context("the configuration")?;
    if let StoreUrl::Sqlite(file) = config.data.database()
        && !file.exists()
    {
        bail!(
            "there is no database {}: `bouquin migrate --config {}` makes it, and so does the first start of the shop",
            file.display(),
            path.display()
        );
    }
    let store = Store::open(config.data.database(), TABLES)
        .await
        .context("the shop's database")?;
    Ok((config, store))
}

async fn added(store: &Store, add: Add, password: Credential, now: Timestamp) -> Result<String> {
    let name = add.name.as_deref().unwrap_or(&add.login).trim();
    if name.is_empty() || name.chars().count() > limits::NAME_CHARS {
        bail!("--name: a name has 1 to {} characters", limits::NAME_CHARS);
    }
    let member = NewMember {
        name: name.to_owned(),
        login: add.login,
        role: add.role,
        password,
    };
    let adding = store.write(move |tx| -> Result<String, AccountRefusal> {
        let created = staff::create(tx, &member, now)?;
        let role = Some(created.role.code());
        audit::record(tx, BY, "staff.create", &created.login, role, now)?;
        Ok(created.login)
    });
    match adding.await {
        Err(AccountRefusal::LoginTaken { login }) => bail!(
            "there is an account {login} already: `bouquin staff password --login {login}` gives it a new password"
        ),
        other => Ok(other?),
    }
}

async fn replaced(
    store: &Store,
    given: Password,
    password: Credential,
    now: Timestamp,
) -> Result<()> {
    let replacing = store.write(move |tx| -> Result<(), AccountRefusal> {
        if given.without_second_factor {
            staff::remove_second_factor(tx, &given.login)?;
            audit::record(tx, BY, "staff.factor_off", &given.login, None, now)?;
        }
        staff::set_password(tx, &given.login, &password)?;
        Ok(audit::record(
            tx,
            BY,
            "staff.password",
            &given.login,
            None,
            now,
        )?)
    });
    Ok(replacing.await?)
}

fn tell(config: &ShopConfig, login: &str, password: &str, now: Timestamp) {
    let until = format_time(now.plus(limits::ONE_TIME_PASSWORD), Locale::En);
    println!(
        "Back office         {}/office\nLogin               {login}\nOne-time password   {password}\n\n\
         It lets in until {until} (Paris); the first page asks for another of her own.",
        config.shop.public_url.as_str()
    );
}
