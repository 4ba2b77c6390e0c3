package profile

import (
	"cmp"
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"ringsplash/internal/sentence"
)

//go:embed profiles.yaml
var builtin []byte

// Words are the notes of the built-in profiles. An administrator's own have no code.
var Words = notes()

func notes() sentence.Table {
	var file struct{ Profiles []profileRow }
	words := sentence.Table{}
	if err := yaml.Unmarshal(builtin, &file); err != nil {
		panic(err) // a fault of ours
	}
	for _, row := range file.Profiles {
		if row.Note != "" {
			words["profile."+strings.ReplaceAll(row.Name, "-", "_")] = row.Note
		}
	}
	return words
}

// Profiles are the phone models this node knows, first match first, and the
// methods there are.
type Profiles struct {
	list    []profileRow
	methods []Method
}

// methodRow is one method as it is written in YAML.
type methodRow struct {
	Name    string        `yaml:"name"`
	Headers yaml.MapSlice `yaml:"headers"`
	Said    string        `yaml:"said"`
}

// profileRow is one profile as it is written in YAML.
type profileRow struct {
	Name          string        `yaml:"name"`
	Match         []string      `yaml:"match"`
	Method        string        `yaml:"method"`
	Headers       yaml.MapSlice `yaml:"headers"`
	Talk          bool          `yaml:"talk"`
	Mute          MuteMode      `yaml:"mute"`
	Splash        SplashMode    `yaml:"splash"`
	DoubleTone    bool          `yaml:"double_tone"`
	ResumeUnmutes bool          `yaml:"resume_unmutes"`
	UnmuteKey     *string       `yaml:"unmute_key"`
	KeyByInfo     bool          `yaml:"key_by_info"`
	Adapter       bool          `yaml:"adapter"`
	AnswerFrom    string        `yaml:"answer_from"`
	Messages      bool          `yaml:"messages"`
	Note          string        `yaml:"note"`

	headers []Header
	note    sentence.Sentence
}

// Load reads the built-in profiles and, before them, the
// administrator's (YAML of the same form, nil for none): his win, by match and
// by name. gateway is what {gateway} in a header stands for.
func Load(own []byte, gateway string) (*Profiles, error) {
	p := &Profiles{}
	for _, text := range [][]byte{builtin, own} {
		var file struct {
			Methods  []methodRow  `yaml:"methods"`
			Profiles []profileRow `yaml:"profiles"`
		}
		if err := yaml.UnmarshalWithOptions(text, &file, yaml.Strict()); err != nil {
			return nil, fmt.Errorf("phone profiles: %w", err)
		}
		for _, row := range file.Methods {
			if err := p.addMethod(row, gateway); err != nil {
				return nil, fmt.Errorf("method %q to make phones answer: %w", row.Name, err)
			}
		}
		for i := range file.Profiles {
			if err := file.Profiles[i].finish(gateway, p.methods); err != nil {
				return nil, fmt.Errorf("phone profile %q: %w", file.Profiles[i].Name, err)
			}
		}
		p.list = append(file.Profiles, p.list...)
	}
	return p, nil
}

var methodForm = regexp.MustCompile(`^[a-z0-9-]{1,64}$`)

// addMethod puts a method of the administrator in the place of ours of that
// name, else at the end.
func (p *Profiles) addMethod(row methodRow, gateway string) error {
	headers, err := headersOf(row.Headers, gateway)
	m := Method{Name: row.Name, Headers: headers, Said: row.Said}
	m.Said = cmp.Or(m.Said, row.Name)
	switch {
	case err != nil:
		return err
	case !methodForm.MatchString(row.Name):
		return fmt.Errorf("its name must be of a-z, 0-9 and minus")
	case len(headers) == 0:
		return fmt.Errorf("it has no headers: give it at least one")
	}
	if i := slices.IndexFunc(p.methods, func(o Method) bool { return o.Name == m.Name }); i >= 0 {
		p.methods[i] = m
		return nil
	}
	p.methods = append(p.methods, m)
	return nil
}

// finish fills in the defaults and checks the row.
func (r *profileRow) finish(gateway string, methods []Method) error {
	r.Mute = cmp.Or(r.Mute, MuteSDP)
	r.Splash = cmp.Or(r.Splash, SplashMedia)
	r.AnswerFrom = cmp.Or(r.AnswerFrom, "caller")
	if r.UnmuteKey == nil {
		key := defaultUnmuteKey
		r.UnmuteKey = &key
	}
	at := slices.IndexFunc(methods, func(m Method) bool { return m.Name == r.Method })
	switch {
	case r.Name == "":
		return fmt.Errorf("it has no name: give it one")
	case r.Method != "" && at < 0:
		return fmt.Errorf("there is no method %q: write one of the methods, or headers", r.Method)
	case r.Method != "" && len(r.Headers) > 0:
		return fmt.Errorf("it has both method and headers: write one of them")
	case r.Mute != MuteSDP && r.Mute != MuteGate:
		return fmt.Errorf("mute is %q: write %s or %s", r.Mute, MuteSDP, MuteGate)
	case r.Splash != SplashMedia && r.Splash != SplashPhone && r.Splash != SplashBoth && r.Splash != SplashOff:
		return fmt.Errorf("splash is %q: write media, phone, both or off", r.Splash)
	case !validUnmuteKey(*r.UnmuteKey):
		return fmt.Errorf("unmute_key is %q: write one of %s, or \"\" for none", *r.UnmuteKey, unmuteKeys)
	case r.AnswerFrom != "caller" && r.AnswerFrom != "owner":
		return fmt.Errorf("answer_from is %q: write caller or owner", r.AnswerFrom)
	}
	r.note = Words.Recognise(r.Note)
	for i := range r.Match {
		r.Match[i] = strings.ToLower(r.Match[i])
	}
	if r.Method != "" {
		r.headers = methods[at].Headers
		return nil
	}
	var err error
	r.headers, err = headersOf(r.Headers, gateway)
	return err
}

func headersOf(rows yaml.MapSlice, gateway string) ([]Header, error) {
	var out []Header
	for _, h := range rows {
		name, value := fmt.Sprint(h.Key), strings.ReplaceAll(fmt.Sprint(h.Value), "{gateway}", gateway)
		if strings.ContainsAny(name+value, "\r\n") || name == "" || strings.ContainsAny(name, " :\t") {
			return nil, fmt.Errorf("header %q is not one: write a name and a value on one line", name)
		}
		out = append(out, Header{Name: name, Value: value})
	}
	return out, nil
}

// Methods are all triggers, in the order in which a test tries them.
func (p *Profiles) Methods() []Method { return slices.Clone(p.methods) }

// Names are the profiles a device can name, in the order of For.
func (p *Profiles) Names() []string {
	var names []string
	for _, row := range p.list {
		if !slices.Contains(names, row.Name) {
			names = append(names, row.Name)
		}
	}
	return names
}

// For finds the profile of a phone: the one its device names, else the first
// whose match is in the User-Agent, else the one for unknown phones. name is
// "" or "auto" when the device leaves it to us.
func (p *Profiles) For(name, userAgent string) Profile {
	agent, named := strings.ToLower(userAgent), name != "" && name != "auto"
	inAgent := func(match string) bool { return strings.Contains(agent, match) }
	var other Profile
	for _, row := range p.list {
		if named && strings.EqualFold(row.Name, name) || !named && slices.ContainsFunc(row.Match, inAgent) {
			return row.profile()
		}
		if row.Name == unknown && other.Name == "" {
			other = row.profile()
		}
	}
	return other
}

func (r profileRow) profile() Profile {
	return Profile{
		Name: r.Name, Method: r.Method, Headers: r.headers, Mute: r.Mute, Splash: r.Splash, DoubleTone: r.DoubleTone,
		ResumeUnmutes: r.ResumeUnmutes, UnmuteKey: *r.UnmuteKey, KeyByInfo: r.KeyByInfo, Adapter: r.Adapter,
		FromOwner: r.AnswerFrom == "owner", Talk: r.Talk, Messages: r.Messages, Note: r.note,
	}
}
