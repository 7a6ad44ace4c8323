# placeholder, replaced by the bootstrap
