//! `cargo xtask setup`: installs what this machine lacks for the tests and says what it did.
//!
//! Quick and silent about what is there already; after it the tests need no network. It writes to
//! `.xtask/` in the repository, to rustup's toolchain, and, where it is root on a machine with
//! `apt-get`, installs Debian packages.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::run::{cargo, command, read, root, show, tools, works};

/// The instruction set that the ground floor is built for.
pub(crate) const FIRMWARE_TARGET: &str = "thumbv6m-none-eabi";

/// The Python clients that read the demo, and what they need to run.
const PYTHON_PACKAGES: [(&str, &str); 3] =
    [("dalybms", "0.5.0"), ("pymodbus", "3.16.1"), ("pyserial", "3.5")];

/// Drives the browser; it brings none of its own.
const PLAYWRIGHT: &str = "1.65.1";

/// Programs that come as Debian packages.
const PROGRAMS: [(&str, &str); 5] = [
    ("chromium", "chromium"),
    ("mbpoll", "mbpoll"),
    ("qemu-system-arm", "qemu-system-arm"),
    ("node", "nodejs"),
    ("npm", "npm"),
];

/// Installs what is missing.
pub(crate) fn run() -> Result<()> {
    let mut done = Vec::new();
    components(&mut done)?;
    programs(&mut done)?;
    rust_target(&mut done)?;
    python(&mut done)?;
    node(&mut done)?;
    crates(&mut done)?;
    if done.is_empty() {
        println!("setup: everything is there");
    }
    for line in done {
        println!("setup: {line}");
    }
    Ok(())
}

/// How to build for the firmware target on this machine.
#[derive(Clone, Copy, PartialEq, Eq)]
enum FirmwareToolchain {
    /// The toolchain in use has the target.
    Ready,
    /// Debian's compiler with its library source.
    Debian,
}

/// Debian's compiler, from the package `rustc-web`.
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";

/// Which way of building for the firmware target works here, if one does.
fn firmware_toolchain() -> Option<FirmwareToolchain> {
    let printed = read(command("rustc", ["--print", "target-libdir", "--target", FIRMWARE_TARGET]));
    if printed.is_ok_and(|folder| Path::new(folder.trim()).is_dir()) {
        return Some(FirmwareToolchain::Ready);
    }
    let sysroot = read(command(DEBIAN_RUSTC, ["--print", "sysroot"])).ok()?;
    let source = Path::new(sysroot.trim()).join("lib/rustlib/src/rust/library/core");
    source.exists().then_some(FirmwareToolchain::Debian)
}

/// A `cargo` that builds for the firmware target, whichever way this machine can.
pub(crate) fn firmware_cargo(arguments: &[&str]) -> Result<std::process::Command> {
    let toolchain = firmware_toolchain()
        .with_context(|| format!("no Rust for {FIRMWARE_TARGET}; run `cargo xtask setup`"))?;
    let mut building = cargo(arguments);
    building.args(["--target", FIRMWARE_TARGET]);
    if toolchain == FirmwareToolchain::Debian {
        let sysroot = read(command("rustc", ["--print", "sysroot"]))?;
        let host = read(command("rustc", ["--print", "host-tuple"]))?;
        let linker = Path::new(sysroot.trim()).join("lib/rustlib").join(host.trim()).join("bin");
        let mut path = linker.into_os_string();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        building
            .arg("-Zbuild-std=core")
            .env("PATH", path)
            .env("RUSTC", DEBIAN_RUSTC)
            .env("RUSTC_BOOTSTRAP", "1");
    }
    Ok(building)
}

/// clippy and rustfmt.
fn components(done: &mut Vec<String>) -> Result<()> {
    for (probe, component) in [("clippy", "clippy"), ("fmt", "rustfmt")] {
        if works(cargo([probe, "--version"])) {
            continue;
        }
        show(command("rustup", ["component", "add", component])).with_context(|| {
            format!("`cargo {probe}` is missing; install {component} for this toolchain")
        })?;
        done.push(format!("added the component {component}"));
    }
    Ok(())
}

/// A subcommand of cargo that only some chores need, in this version where it is not there yet.
pub(crate) fn cargo_tool(name: &str, version: &str) -> Result<()> {
    if works(cargo([name, "--version"])) {
        return Ok(());
    }
    let package = format!("cargo-{name}");
    println!("setup: `cargo {name}` is missing; building {package} {version} takes minutes");
    show(cargo(["install", "--quiet", "--locked", &package, "--version", version]))
        .with_context(|| format!("please install {package} {version} by hand"))?;
    println!("setup: installed {package} {version}");
    Ok(())
}

/// A nightly compiler and the fuzzer, which no test needs.
pub(crate) fn fuzzing() -> Result<()> {
    if !works(command("rustup", ["run", "nightly", "rustc", "--version"])) {
        show(command("rustup", ["toolchain", "install", "nightly", "--profile", "minimal"]))
            .context("please install the nightly toolchain by hand")?;
        println!("setup: installed the nightly toolchain");
    }
    cargo_tool("fuzz", "0.13.2")
}

/// The tools of the compiler that read what an instrumented program has counted.
pub(crate) fn llvm_tools() -> Result<()> {
    let folder = read(command("rustc", ["--print", "target-libdir"]))?;
    let there = Path::new(folder.trim()).with_file_name("bin").join("llvm-profdata").is_file();
    if there {
        return Ok(());
    }
    show(command("rustup", ["component", "add", "llvm-tools"]))
        .context("please add the component llvm-tools to this toolchain by hand")?;
    println!("setup: added the component llvm-tools");
    Ok(())
}

/// The Rust library for the firmware target: by rustup, else by Debian's packages.
fn rust_target(done: &mut Vec<String>) -> Result<()> {
    if firmware_toolchain().is_some() {
        return Ok(());
    }
    if works(command("rustup", ["target", "add", FIRMWARE_TARGET]))
        && firmware_toolchain().is_some()
    {
        done.push(format!("added the Rust target {FIRMWARE_TARGET} by rustup"));
        return Ok(());
    }
    let installed = apt_install(&["rustc-web".to_owned(), "rust-web-src".to_owned()]);
    if installed.is_ok() && firmware_toolchain().is_some() {
        done.push(format!(
            "installed Debian's rustc-web and rust-web-src to build for {FIRMWARE_TARGET}"
        ));
        return Ok(());
    }
    bail!(
        "cannot get Rust for {FIRMWARE_TARGET}: `rustup target add {FIRMWARE_TARGET}` failed, and \
         so did installing Debian's rustc-web and rust-web-src; do either of them by hand"
    )
}

/// Debian packages: a browser, the emulator, a Modbus client, Node and Python where they are missing.
fn programs(done: &mut Vec<String>) -> Result<()> {
    let mut missing: Vec<String> = PROGRAMS
        .iter()
        .filter(|(program, _)| find(program).is_none())
        .map(|&(_, package)| package.to_owned())
        .collect();
    if !works(command("python3", ["-c", "import ensurepip, venv"])) {
        missing.push("python3-venv".to_owned());
    }
    if missing.is_empty() {
        return Ok(());
    }
    apt_install(&missing)?;
    done.push(format!("installed {} by apt-get", missing.join(", ")));
    Ok(())
}

/// Where a program is, looked up along `PATH`.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|candidate| candidate.is_file())
}

/// Installs Debian packages, or says in one sentence what a person has to install.
fn apt_install(packages: &[String]) -> Result<()> {
    let wanted = packages.join(" ");
    let by_hand = format!("please install by hand: {wanted}");
    if find("apt-get").is_none() {
        bail!("this machine has no apt-get; {by_hand}");
    }
    if read(command("id", ["-u"]))?.trim() != "0" {
        bail!("installing needs root; {by_hand} (`sudo apt-get install {wanted}`)");
    }
    let apt = |arguments: &[&str]| {
        let mut apt = command("apt-get", arguments);
        apt.env("DEBIAN_FRONTEND", "noninteractive");
        apt
    };
    show(apt(&["update", "-qq"])).with_context(|| by_hand.clone())?;
    let mut install = apt(&["install", "-y", "-qq", "--no-install-recommends"]);
    install.args(packages);
    show(install).with_context(|| by_hand.clone())
}

/// Where the commands of the Python clients are.
fn venv() -> PathBuf {
    tools().join("venv")
}

/// A Python environment of its own for the clients that read the demo.
fn python(done: &mut Vec<String>) -> Result<()> {
    let python = venv().join("bin/python");
    let pins: Vec<String> =
        PYTHON_PACKAGES.iter().map(|(name, version)| format!("{name}=={version}")).collect();
    let check = PYTHON_PACKAGES
        .iter()
        .map(|(name, version)| format!("assert version('{name}') == '{version}'"))
        .collect::<Vec<_>>()
        .join("; ");
    let check = format!("from importlib.metadata import version; {check}");
    if works(command(&python, ["-c", &check])) {
        return Ok(());
    }
    show(command("python3", ["-m".as_ref(), "venv".as_ref(), venv().as_os_str()]))?;
    let mut install = command(&python, ["-m", "pip", "install", "--quiet"]);
    install.args(["--disable-pip-version-check"]).args(&pins);
    show(install)?;
    done.push(format!("made a Python environment with {}", pins.join(", ")));
    Ok(())
}

/// Where the browser's driver is installed.
pub(crate) fn node_folder() -> PathBuf {
    tools().join("node")
}

/// The browser's driver.
fn node(done: &mut Vec<String>) -> Result<()> {
    let manifest = node_folder().join("node_modules/playwright-core/package.json");
    let installed = std::fs::read_to_string(&manifest)
        .ok()
        .and_then(|text| serde_json::from_str::<serde_json::Value>(&text).ok())
        .is_some_and(|manifest| manifest["version"] == PLAYWRIGHT);
    if installed {
        return Ok(());
    }
    std::fs::create_dir_all(node_folder())?;
    let mut install = command("npm", ["install", "--no-audit", "--no-fund", "--silent"]);
    install.arg("--prefix").arg(node_folder()).arg(format!("playwright-core@{PLAYWRIGHT}"));
    show(install)?;
    done.push(format!("installed playwright-core {PLAYWRIGHT} by npm"));
    Ok(())
}

/// Every crate that any build of ours needs, so that the tests need no network.
fn crates(done: &mut Vec<String>) -> Result<()> {
    for manifest in ["Cargo.toml", "firmware/bench/Cargo.toml"] {
        let manifest = root().join(manifest);
        let fetch = |more: &[&str]| {
            let mut fetch = cargo(["fetch", "--quiet", "--manifest-path"]);
            fetch.arg(&manifest).args(more);
            fetch
        };
        if works(fetch(&["--locked", "--offline"])) {
            continue;
        }
        show(fetch(&["--locked"]))?;
        done.push(format!("fetched the crates of {}", manifest.display()));
    }
    Ok(())
}
