//! What can be said of organisations, projects and users, and the help that teaches it.

use clap::{ArgGroup, Args, Subcommand, ValueEnum};

/// What to do with organisations.
#[derive(Args, Debug)]
pub(crate) struct OrgsArguments {
    #[command(subcommand)]
    pub(crate) command: OrgsCommand,
}

/// Verbs for organisations.
#[derive(Debug, Subcommand)]
pub(crate) enum OrgsCommand {
    /// Make an organisation.
    Create {
        /// What it is called; no two share a name.
        name: String,
        /// What it is called before people, where that is something else.
        #[arg(long, value_name = "NAME")]
        display_name: Option<String>,
        /// Something to note of it; may be said several times.
        #[arg(long = "tag", value_name = "NAME=TEXT", value_parser = tag)]
        tags: Vec<(String, String)>,
        #[command(flatten)]
        form: Form,
    },
    /// List all organisations that you may see.
    List(Form),
    /// Show one.
    Show {
        /// Its id or its name.
        organisation: String,
        #[command(flatten)]
        form: Form,
    },
    /// Change the name, the display name or the tags of one.
    #[command(group(ArgGroup::new("change").args(["name", "display_name", "tags", "no_tags"]).required(true).multiple(true)))]
    Change {
        /// Its id or its name.
        organisation: String,
        /// Its name from now on.
        #[arg(long)]
        name: Option<String>,
        /// Its display name from now on; '' for none.
        #[arg(long, value_name = "NAME")]
        display_name: Option<String>,
        /// Its tags from now on, in the place of all it had; may be said several times.
        #[arg(long = "tag", value_name = "NAME=TEXT", value_parser = tag, conflicts_with = "no_tags")]
        tags: Vec<(String, String)>,
        /// It has no tags from now on.
        #[arg(long)]
        no_tags: bool,
        #[command(flatten)]
        form: Form,
    },
    /// Suspend one: its keys are refused from this moment on, and nothing of it can be changed.
    Suspend {
        /// Its id or its name.
        organisation: String,
        #[command(flatten)]
        why: Why,
    },
    /// Take a suspension back.
    Resume {
        /// Its id or its name.
        organisation: String,
        #[command(flatten)]
        why: Why,
    },
    /// Say who belongs to one, and as what.
    #[command(subcommand)]
    Members(MembersCommand),
}

/// Verbs for those who belong to an organisation.
#[derive(Debug, Subcommand)]
pub(crate) enum MembersCommand {
    /// List who belongs to it.
    List {
        /// The organisation's id or name.
        organisation: String,
        #[command(flatten)]
        form: Form,
    },
    /// Add somebody; a user is made if nobody has the address yet. Who may come in needs a token, too: `bellwether users tokens create`.
    Add {
        /// The organisation's id or name.
        organisation: String,
        /// His e-mail address.
        #[arg(long)]
        email: String,
        /// What he is called, if he is made [default: his address].
        #[arg(long)]
        name: Option<String>,
        /// What he is to be there.
        #[arg(long, value_enum)]
        role: RoleWord,
        #[command(flatten)]
        form: Form,
    },
    /// Give somebody another role.
    Change {
        /// The organisation's id or name.
        organisation: String,
        /// The user's id or e-mail address.
        user: String,
        /// What he is there from now on.
        #[arg(long, value_enum)]
        role: RoleWord,
        #[command(flatten)]
        form: Form,
    },
    /// Remove somebody: he belongs to it no more. The user stays.
    Remove {
        /// The organisation's id or name.
        organisation: String,
        /// The user's id or e-mail address.
        user: String,
        #[command(flatten)]
        form: Form,
    },
}

/// What to do with projects.
#[derive(Args, Debug)]
pub(crate) struct ProjectsArguments {
    #[command(subcommand)]
    pub(crate) command: ProjectsCommand,
}

/// Verbs for projects.
#[derive(Debug, Subcommand)]
pub(crate) enum ProjectsCommand {
    /// Make a project.
    Create {
        /// What it is called; no two of an organisation share a name.
        name: String,
        /// The organisation's id or name [default: the only one you can mean; for the operator `default`].
        #[arg(long = "org", value_name = "ORGANISATION")]
        organisation: Option<String>,
        #[command(flatten)]
        form: Form,
    },
    /// List all projects that you may see.
    List {
        /// Only those of this organisation, by its id or its name.
        #[arg(long = "org", value_name = "ORGANISATION")]
        organisation: Option<String>,
        #[command(flatten)]
        form: Form,
    },
    /// Show one.
    Show {
        /// Its id, as `bellwether projects list` shows it.
        project: String,
        #[command(flatten)]
        form: Form,
    },
    /// Give one another name.
    Rename {
        /// Its id, as `bellwether projects list` shows it.
        project: String,
        /// Its name from now on.
        name: String,
        #[command(flatten)]
        form: Form,
    },
    /// Archive one, for good: it has no keys and gets none. Refused while it has keys, unless they are revoked with it.
    Archive {
        /// Its id, as `bellwether projects list` shows it.
        project: String,
        /// Revoke its keys with it, at once and for good.
        #[arg(long)]
        revoke_keys: bool,
        #[command(flatten)]
        why: Why,
    },
}

/// What to do with users.
#[derive(Args, Debug)]
pub(crate) struct UsersArguments {
    #[command(subcommand)]
    pub(crate) command: UsersCommand,
}

/// Verbs for users.
#[derive(Debug, Subcommand)]
pub(crate) enum UsersCommand {
    /// Make a user, who belongs nowhere yet: `bellwether orgs members add` gives him a role.
    Create {
        /// His e-mail address; no two users share one.
        email: String,
        /// What he is called.
        #[arg(long)]
        name: String,
        #[command(flatten)]
        form: Form,
    },
    /// List all users that you may see.
    List(Form),
    /// Show one, and what he is where.
    Show {
        /// His id or his e-mail address.
        user: String,
        #[command(flatten)]
        form: Form,
    },
    /// Change the address or the name of one.
    #[command(group(ArgGroup::new("change").args(["email", "name"]).required(true).multiple(true)))]
    Change {
        /// His id or his e-mail address.
        user: String,
        /// His address from now on.
        #[arg(long)]
        email: Option<String>,
        /// His name from now on.
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        form: Form,
    },
    /// Suspend one: his tokens are refused from this moment on.
    Suspend {
        /// His id or his e-mail address.
        user: String,
        #[command(flatten)]
        why: Why,
    },
    /// Take a suspension back.
    Resume {
        /// His id or his e-mail address.
        user: String,
        #[command(flatten)]
        why: Why,
    },
    /// What a user proves himself with, in BELLWETHER_ADMIN_KEY or as `Authorization: Bearer …`.
    #[command(subcommand)]
    Tokens(TokensCommand),
    /// Say who you are to the running server, and what you are where.
    Me(Form),
}

/// Verbs for users' tokens.
#[derive(Debug, Subcommand)]
pub(crate) enum TokensCommand {
    /// Make a token; it is shown this once. For yourself, or for anybody with the admin key.
    Create {
        /// The user's id or e-mail address.
        user: String,
        /// What it is for, such as the machine that will have it.
        #[arg(long)]
        name: String,
        /// Days until it stops working [default: 90].
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=3660))]
        expires_days: Option<u32>,
        #[command(flatten)]
        form: Form,
    },
    /// List a user's tokens; never the tokens themselves.
    List {
        /// The user's id or e-mail address.
        user: String,
        #[command(flatten)]
        form: Form,
    },
    /// Take a token back: it is refused from this moment on, for good.
    Revoke {
        /// The user's id or e-mail address.
        user: String,
        /// The token's id, as `bellwether users tokens list` shows it.
        token: String,
        #[command(flatten)]
        form: Form,
    },
}

/// How to answer.
#[derive(Args, Debug)]
pub(crate) struct Form {
    /// Print JSON instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What goes into the audit, and how to answer.
#[derive(Args, Debug)]
pub(crate) struct Why {
    /// Why, for those who look at it later.
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    /// Who does it, for the audit; counts with the admin key only.
    #[arg(long, value_name = "NAME")]
    pub(crate) by: Option<String>,
    /// Print JSON instead of text.
    #[arg(long)]
    pub(crate) json: bool,
}

/// A role, as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RoleWord {
    /// Answers for the organisation: all an admin may, and makes owners.
    Owner,
    /// Runs it: projects, keys and people, but for its owners.
    Admin,
    /// Works in it: makes and changes keys.
    Member,
    /// Looks at it.
    Viewer,
    /// Pays for it: costs and prices, no keys.
    Billing,
}

fn tag(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write it as NAME=TEXT")?;
    Ok((name.to_owned(), value.to_owned()))
}
