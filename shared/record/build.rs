//! Writes the glue of the resources that every service shares.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    Ok(declare::build(&["xiuhua.common.v1"], "contract.rs")?)
}
