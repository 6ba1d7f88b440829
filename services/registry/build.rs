//! Writes the glue of the registry's resources.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    Ok(declare::build(&["xiuhua.registry.v1"], "contract.rs")?)
}
