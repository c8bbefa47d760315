//! The executable: configuration, wiring and the commands.
fn main() {}
