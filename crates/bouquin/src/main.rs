//! The executable: one program, four processes, and the bookseller's commands.
//!
//! This crate only wires: what a command does is in the crate that owns it.

mod bureau;
mod commands;
mod config;
mod demo;
mod fetching;
mod follow;
mod forgetting;
mod mailroom;
mod means;
mod network;
mod premises;
mod progress;
mod serve;
mod telemetry;
mod zone;

use std::process::ExitCode;

use clap::Parser;

use commands::Command;

/// Pages are many small allocations from several threads. Vault, switch and bank wipe what they free.
#[global_allocator]
static ALLOCATOR: wiping::Wiping<mimalloc::MiMalloc> = wiping::Wiping(mimalloc::MiMalloc);

/// Bouquin, the online bookstore that a bookseller owns.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    telemetry::start();
    demo::supervise::follow_supervisor();
    match commands::run(arguments.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bouquin: {error:#}");
            ExitCode::FAILURE
        }
    }
}
