//! Models for loom, which runs a few steps of a few threads in every order that the memory model allows. They are in `tests`.
