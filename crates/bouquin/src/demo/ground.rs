//! The ground of a demonstration: its folder, its addresses, the configuration of its four processes.

use std::{
    fs,
    io::Write as _,
    net::{IpAddr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use storage::StoreUrl;

use crate::premises::Premises;

/// Where everything of one demonstration is.
pub struct Ground {
    /// The data folder.
    pub folder: PathBuf,
    /// The addresses of the four processes.
    pub ports: Ports,
    /// The shop's database.
    pub database: StoreUrl,
    /// Whether the screening does what it decides.
    screens: bool,
    _lock: fs::File,
}

/// Where the four processes listen.
#[derive(Clone, Copy, Debug)]
pub struct Ports {
    /// The shop and its back office.
    pub shop: SocketAddr,
    /// The vault's card page.
    pub card_page: SocketAddr,
    /// The vault's private link.
    pub vault: SocketAddr,
    /// The switch's private link.
    pub switch: SocketAddr,
    /// The bank's doors for ISO 8583, one for each carrier.
    pub bank: [SocketAddr; 2],
    /// The bank's window: its books, its statements, its door for clearing batches.
    pub books: SocketAddr,
    /// The bureau that the bank plays.
    pub bureau: SocketAddr,
}

impl Ground {
    /// Takes the folder, alone, and finds addresses; with port 0 all are chosen freely.
    pub fn prepare(
        folder: &Path,
        listen: SocketAddr,
        database: Option<StoreUrl>,
        screens: bool,
    ) -> Result<Self> {
        fs::create_dir_all(folder)
            .with_context(|| format!("the data folder {} could not be made", folder.display()))?;
        let folder = folder
            .canonicalize()
            .with_context(|| format!("the data folder {} cannot be read", folder.display()))?;
        let lock = lock(&folder)?;
        for part in ["config", "logs"] {
            fs::create_dir_all(folder.join(part))?;
        }
        let database = database.unwrap_or_else(|| StoreUrl::Sqlite(folder.join("shop/shop.db")));
        Ok(Self {
            ports: Ports::find(listen)?,
            database,
            screens,
            folder,
            _lock: lock,
        })
    }

    /// The configuration file of a process.
    pub fn config(&self, process: &str) -> PathBuf {
        self.folder.join("config").join(format!("{process}.toml"))
    }

    /// The log file of a process.
    pub fn log(&self, process: &str) -> PathBuf {
        self.folder.join("logs").join(format!("{process}.log"))
    }

    /// The folder of the certificates, one folder a process inside.
    pub fn certificates(&self) -> PathBuf {
        self.folder.join("certificates")
    }

    /// The shop's premises.
    pub fn premises(&self) -> Premises {
        Premises {
            folder: self.folder.join("shop"),
            database: self.database.clone(),
        }
    }

    /// The folder of mails kept as files.
    pub fn mail(&self) -> PathBuf {
        self.folder.join("shop").join("mail")
    }

    /// What readers type.
    pub fn shop_url(&self) -> String {
        format!("http://{}", self.ports.shop)
    }

    /// Where readers type their card: always on the loopback, which alone browsers trust without TLS.
    pub fn card_page_url(&self) -> String {
        format!("http://{}", self.ports.card_page)
    }

    /// Writes the configuration files, afresh at every start since addresses may change.
    pub fn write_configuration(&self) -> Result<()> {
        for (process, text) in [
            ("shop", self.shop_config()),
            ("vault", self.vault_config()),
            ("switch", self.switch_config()),
            ("bank", self.bank_config()),
        ] {
            let path = self.config(process);
            fs::write(&path, text).with_context(|| path.display().to_string())?;
        }
        Ok(())
    }

    fn path(&self, inside: &str) -> String {
        quoted(&self.folder.join(inside).display().to_string())
    }

    fn shop_config(&self) -> String {
        let screening = if self.screens { "act" } else { "watch" };
        format!(
            "# Written by `bouquin demo` at every start.\nprofile = \"demo\"\n\n[shop]\n\
             name = \"Librairie du Quai\"\nlisten = \"{}\"\npublic_url = \"{}\"\n\n[data]\n\
             folder = {}\ndatabase = {}\n\n[payment]\ncertificates = {}\nswitch = \"{}\"\n\
             card_page = \"{}\"\nvault = \"{}\"\nbureau = \"{}\"\ncollection = true\n\
             # The account that the bank of the demonstration keeps.\n\
             transfer = {{ holder = \"Librairie du Quai\", iban = \"FR1420041010050500013M02606\" }}\n\
             # Everybody here pays with the same few test cards, which real rules take for an attack.\n\
             screening = \"{screening}\"\n\n[mail]\nfrom = \"Librairie du Quai <bonjour@librairie-du-quai.example>\"\n\
             contact = \"bonjour@librairie-du-quai.example\"\n\n[bank]\nwindow = \"{}\"\n\
             # Who tries it out does not want to wait.\nfetch_s = 10\n",
            self.ports.shop,
            self.shop_url(),
            self.path("shop"),
            self.database_url(),
            self.path("certificates"),
            self.ports.switch,
            self.card_page_url(),
            self.ports.vault,
            self.ports.bureau,
            self.ports.books,
        )
    }

    fn vault_config(&self) -> String {
        format!(
            "# Written by `bouquin demo` at every start.\nprofile = \"demo\"\nfolder = {}\n\
             certificates = {}\ncard_page = \"{}\"\nprivate = \"{}\"\n\
             shop_name = \"Librairie du Quai\"\nshop_url = \"{}\"\n",
            self.path("vault"),
            self.path("certificates"),
            self.ports.card_page,
            self.ports.vault,
            self.shop_url(),
        )
    }

    fn switch_config(&self) -> String {
        format!(
            "# Written by `bouquin demo` at every start.\nprofile = \"demo\"\nfolder = {}\n\
             certificates = {}\nprivate = \"{}\"\nvault = \"{}\"\nbank = {}\nanswer_ms = 5000\n\n\
             [merchant]\nterminal = \"QUAI0001\"\nnumber = \"BOUQUIN-DEMO-01\"\nacquirer = 30002\n\n\
             [clearing]\nbank = \"{}\"\ncut = \"23:00\"\n",
            self.path("switch"),
            self.path("certificates"),
            self.ports.switch,
            self.ports.vault,
            self.carriers(),
            self.ports.books,
        )
    }

    fn bank_config(&self) -> String {
        format!(
            "# Written by `bouquin demo` at every start.\nprofile = \"demo\"\nfolder = {}\n\
             certificates = {}\nlisten = {}\nbooks = \"{}\"\nbureau = \"{}\"\n",
            self.path("bank"),
            self.path("certificates"),
            self.carriers(),
            self.ports.books,
            self.ports.bureau,
        )
    }

    /// The two ways from the switch to the bank, as a TOML list.
    fn carriers(&self) -> String {
        let [first, second] = self.ports.bank;
        format!("[\"{first}\", \"{second}\"]")
    }

    fn database_url(&self) -> String {
        let url = match &self.database {
            StoreUrl::Sqlite(path) => format!("sqlite:{}", path.display()),
            StoreUrl::Postgres(url) => url.as_str().to_owned(),
        };
        quoted(&url)
    }
}

/// A TOML string; JSON's escapes are among TOML's.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Two demonstrations in one folder would fight over it.
fn lock(folder: &Path) -> Result<fs::File> {
    let path = folder.join("demo.lock");
    let mut file = fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path)?;
    let taken = rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive);
    if taken.is_err() {
        bail!(
            "a demonstration already runs in {}: stop it, or choose another folder with --data",
            folder.display()
        );
    }
    file.set_len(0)?;
    writeln!(file, "{}", std::process::id())?;
    Ok(file)
}

impl Ports {
    fn find(listen: SocketAddr) -> Result<Self> {
        let loopback = IpAddr::from([127, 0, 0, 1]);
        let shop = if listen.port() == 0 {
            free(listen.ip())?
        } else {
            listen
        };
        if !is_free(shop) {
            bail!(
                "{shop} is in use: stop what listens there, or choose another address with --listen"
            );
        }
        let beside = SocketAddr::new(loopback, shop.port().saturating_add(1));
        let card_page = if is_free(beside) {
            beside
        } else {
            free(loopback)?
        };
        Ok(Self {
            shop,
            card_page,
            vault: free(loopback)?,
            switch: free(loopback)?,
            bank: [free(loopback)?, free(loopback)?],
            books: free(loopback)?,
            bureau: free(loopback)?,
        })
    }
}

fn is_free(address: SocketAddr) -> bool {
    TcpListener::bind(address).is_ok()
}

fn free(ip: IpAddr) -> Result<SocketAddr> {
    let listener = TcpListener::bind((ip, 0)).with_context(|| format!("no free port on {ip}"))?;
    Ok(listener.local_addr()?)
}
