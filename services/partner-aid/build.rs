//! Writes the glue of the resources of partner aid.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    Ok(declare::build(&["xiuhua.partneraid.v1"], "contract.rs")?)
}
