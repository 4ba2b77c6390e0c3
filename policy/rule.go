package policy

// Rule is the rule over fixed grants with interworking on, an empty directory
// and nothing counted: what a decision costs without I/O.
func Rule(g Grants) (func(Question) Decision, error) {
	g, err := g.canonical()
	if err != nil {
		return nil, err
	}
	f := &facts{interworking: true, grants: g, entries: g.entries()}
	return func(q Question) Decision { return decide(q, f) }, nil
}
