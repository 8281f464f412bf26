package essim

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sort"
	"strconv"
	"strings"
)

// route is one thing a cluster can be asked. In path, {x} is any one segment.
// params lists the parameters it knows; "size@7.14" is known from 7.14 on and
// "x@-6.8" until 6.8. need is the privilege: "monitor" and "manage" are
// cluster privileges, "index:read" asks for an index privilege.
type route struct {
	methods  string
	path     string
	params   string
	need     string
	action   string
	do       func(*call) (*answer, *failure)
	from     string // first version, default all
	until    string // last version, default all
	security bool   // only where users are
	basic    bool   // only where the licence API is
	full     bool   // only in the default flavour
	segments []string
}

const (
	everywhere   = "pretty human error_trace filter_path format"
	indexOptions = " ignore_unavailable allow_no_indices expand_wildcards ignore_throttled@6.6"
	catOptions   = " h v s help bytes time size local master_timeout ts"
	typeName     = " include_type_name@6.7"
)

var routeTable = buildRoutes()

func buildRoutes() []*route {
	all := slices.Concat(clusterRoutes(), repositoryRoutes(), snapshotRoutes(), indexRoutes(), documentRoutes(), catRoutes(), securityRoutes())
	out := make([]*route, 0, len(all))
	for i := range all {
		r := &all[i]
		r.segments = strings.Split(strings.Trim(r.path, "/"), "/")
		out = append(out, r)
	}
	return out
}

// exists tells whether the route is there in this cluster.
func (r *route) exists(c *Cluster) bool {
	if r.from != "" && !c.v.from(majorMinor(r.from)) {
		return false
	}
	if r.until != "" {
		major, minor := majorMinor(r.until)
		if c.v.from(major, minor+1) {
			return false
		}
	}
	full := c.opts.Flavor != "oss"
	return (!r.security || len(c.users) > 0) && (!r.basic || full || c.v.from(7, 17)) && (!r.full || full)
}

func majorMinor(s string) (int, int) {
	a, b, _ := strings.Cut(s, ".")
	major, _ := strconv.Atoi(a)
	minor, _ := strconv.Atoi(b)
	return major, minor
}

// match tells whether the path fits, what the variables are, and how specific
// the fit is: a literal segment weighs more than a variable, earlier ones more
// than later ones.
func (r *route) match(parts []string) (map[string]string, string, bool) {
	if len(parts) != len(r.segments) {
		return nil, "", false
	}
	vars := map[string]string{}
	weight := ""
	for i, s := range r.segments {
		if strings.HasPrefix(s, "{") {
			if parts[i] == "" {
				return nil, "", false
			}
			vars[strings.Trim(s, "{}")] = parts[i]
			weight += "0"
			continue
		}
		if s != parts[i] {
			return nil, "", false
		}
		weight += "1"
	}
	return vars, weight, true
}

func (r *route) known(v version) []string {
	out := strings.Fields(everywhere)
	for _, p := range strings.Fields(r.params) {
		name, since, limited := strings.Cut(p, "@")
		if limited {
			if until, ok := strings.CutPrefix(since, "-"); ok {
				major, minor := majorMinor(until)
				if v.from(major, minor+1) {
					continue
				}
			} else if !v.from(majorMinor(since)) {
				continue
			}
		}
		out = append(out, name)
	}
	return out
}

// route finds the handler, checks who asks and the parameters, and runs it.
// The caller holds mu.
func (c *Cluster) route(r *http.Request, body []byte) (*answer, *failure) {
	user, f := c.authenticate(r)
	if f != nil {
		return nil, f
	}
	var parts []string
	for p := range strings.SplitSeq(strings.Trim(r.URL.EscapedPath(), "/"), "/") {
		u, err := url.PathUnescape(p)
		if err != nil {
			return nil, illegalArgument("partial escape sequence at end of string: %s", r.URL.EscapedPath())
		}
		parts = append(parts, u)
	}
	best, vars, allowed := c.pick(r.Method, parts)
	if best == nil {
		return nil, c.noHandler(r, allowed)
	}
	q := r.URL.Query()
	k := &call{Cluster: c, r: r, vars: vars, q: q, body: body, user: user}
	if f := c.authorize(k, best); f != nil {
		return nil, f
	}
	if f := k.checkParams(best); f != nil {
		return nil, f
	}
	c.settle()
	return best.do(k)
}

// pick returns the most specific route, or the methods that would have fitted.
func (c *Cluster) pick(method string, parts []string) (*route, map[string]string, []string) {
	weight, path := "", ""
	for _, r := range routeTable {
		if _, w, ok := r.match(parts); ok && r.exists(c) && (path == "" || w > weight) {
			weight, path = w, r.path
		}
	}
	var allowed []string
	for _, r := range routeTable {
		vars, w, ok := r.match(parts)
		if !ok || w != weight || !r.exists(c) {
			continue
		}
		methods := strings.Split(r.methods, ",")
		if slices.Contains(methods, method) {
			return r, vars, nil
		}
		allowed = append(allowed, methods...)
	}
	slices.Sort(allowed)
	return nil, nil, slices.Compact(allowed)
}

func (c *Cluster) noHandler(r *http.Request, allowed []string) *failure {
	uri := r.URL.RequestURI()
	if last := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]; c.v.major < 6 && r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, "/_") && strings.Count(r.URL.Path, "/") == 2 {
		return illegalArgument("No endpoint or operation is available at [%s]", last)
	}
	if len(allowed) == 0 || c.v.major < 6 {
		return &failure{status: http.StatusBadRequest, bare: true, text: c.v.major < 6, plain: fmt.Sprintf("no handler found for uri [%s] and method [%s]", uri, r.Method)}
	}
	return &failure{
		status: http.StatusMethodNotAllowed,
		plain:  fmt.Sprintf("Incorrect HTTP method for uri [%s] and method [%s], allowed: [%s]", uri, r.Method, strings.Join(allowed, ", ")),
		header: http.Header{"Allow": {strings.Join(allowed, ",")}},
	}
}

// checkParams refuses parameters that the route does not know.
func (k *call) checkParams(r *route) *failure {
	known := r.known(k.v)
	var strange []string
	for name := range k.q {
		if !slices.Contains(known, name) {
			strange = append(strange, "["+name+"]")
		}
	}
	if len(strange) == 0 {
		return nil
	}
	sort.Strings(strange)
	plural := ""
	if len(strange) > 1 {
		plural = "s"
	}
	return illegalArgument("request [%s] contains unrecognized parameter%s: %s", k.r.URL.Path, plural, strings.Join(strange, ", "))
}
