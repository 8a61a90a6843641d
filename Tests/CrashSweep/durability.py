def problems(laboratory):
    return []
