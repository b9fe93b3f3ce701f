//! What other gateways call the vendors: for moving in. Data only, in `catalog/foreign/`; what is made of it is `imports`'.

mod litellm;
mod new_api;
mod vendor;

pub use litellm::{litellm, litellm_bare, litellm_default};
pub use new_api::{NewApiLayout, channel_type, plan};
pub use vendor::{ForeignVendor, Spoken};
