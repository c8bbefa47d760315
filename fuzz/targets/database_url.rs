//! Where the operator says her database is. No password is shown, and what is exposed is a server.
#![no_main]

use storage::StoreUrl;

libfuzzer_sys::fuzz_target!(|text: &str| {
    match StoreUrl::parse(text) {
        Ok(url) => {
            assert_eq!(StoreUrl::parse(text), Ok(url.clone()));
            let _ = format!("{url:?}");
            assert!(!url.is_exposed() || matches!(url, StoreUrl::Postgres(_)));
        }
        Err(why) => assert!(!why.to_string().is_empty()),
    }
});
