fn main() {
    napi_build::setup();
    println!("cargo:rerun-if-env-changed=SYMPHONY_VERSION");
    // A worker that was the last user of a library has it unloaded, thread-local destructors and all (rust-lang/rust#91979).
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
}
